import type { JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { issuerOf, isTokenShaped, type PublicKeys, verifyAccessToken } from '@/edge/access-token';
import { claimsAt, type Forge, ISSUER, newForge } from './forge';

const IAT = 1_800_000_000;
const forge: Forge = await newForge();
const stranger: Forge = await newForge();

const published: PublicKeys = async () => [forge.publicJwk];
const at = (seconds: number, issuer = ISSUER) => ({ issuer, now: new Date(seconds * 1000) });
const token = (changed: Record<string, unknown> = {}) =>
  forge.token(JSON.stringify({ ...claimsAt(IAT), jti: crypto.randomUUID(), ...changed }));

const spy = () => vi.spyOn(crypto.subtle, 'verify');
let checks: ReturnType<typeof spy>;

beforeEach(() => {
  checks = spy();
});
afterEach(() => vi.restoreAllMocks());

describe('what was verified', () => {
  it('is verified once', async () => {
    const good = token();
    const first = await verifyAccessToken(good, published, at(IAT));
    for (let second = 0; second < 600; second += 100) {
      expect(await verifyAccessToken(good, published, at(IAT + second))).toEqual(first);
    }
    expect(checks).toHaveBeenCalledTimes(1);
  });

  it('has expired when its time is over, though it is remembered', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT + 599));
    for (const late of [600, 601, 100_000]) {
      await expect(verifyAccessToken(good, published, at(IAT + late))).rejects.toMatchObject({ code: 'token_expired' });
    }
  });

  it('is not from the future, though it is remembered', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT));
    await expect(verifyAccessToken(good, published, at(IAT - 6))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('is for one issuer, though it is remembered', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT));
    const elsewhere = verifyAccessToken(good, published, at(IAT, 'https://other.test'));
    await expect(elsewhere).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('falls with its key, though it is remembered', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT));
    for (const keys of [[], [stranger.publicJwk]]) {
      await expect(verifyAccessToken(good, async () => keys, at(IAT))).rejects.toMatchObject({ code: 'token_invalid' });
    }
  });

  it('is verified again when its key was read anew, and falls where another has come in its place', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT));
    const anew: JWK = { ...forge.publicJwk };
    await verifyAccessToken(good, async () => [anew], at(IAT));
    await verifyAccessToken(good, async () => [anew], at(IAT));
    expect(checks).toHaveBeenCalledTimes(2);
    const other = { ...stranger.publicJwk, kid: forge.kid };
    await expect(verifyAccessToken(good, async () => [other], at(IAT))).rejects.toMatchObject({
      code: 'token_invalid',
    });
  });

  it('is remembered by its whole text alone', async () => {
    const good = token();
    await verifyAccessToken(good, published, at(IAT));
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const other = token().split('.') as [string, string, string];
    for (const mixed of [`${header}.${payload}.${other[2]}`, `${header}.${other[1]}.${signature}`]) {
      await expect(verifyAccessToken(mixed, published, at(IAT))).rejects.toMatchObject({ code: 'token_invalid' });
    }
  });

  it('is remembered for a thousand tokens, of which the oldest goes first', async () => {
    const many = Array.from({ length: 1_001 }, () => token());
    for (const one of many) await verifyAccessToken(one, published, at(IAT));
    checks.mockClear();
    for (const one of many.slice(1)) await verifyAccessToken(one, published, at(IAT));
    expect(checks).not.toHaveBeenCalled();
    await verifyAccessToken(many[0]!, published, at(IAT));
    expect(checks).toHaveBeenCalledTimes(1);
  });

  it('cannot be changed by who was told of it', async () => {
    const good = token();
    const claims = await verifyAccessToken(good, published, at(IAT));
    expect(() => claims.amr.push('otp')).toThrow(TypeError);
    expect(() => Object.assign(claims, { accountId: 'acct_other' })).toThrow(TypeError);
  });
});

describe('what was refused', () => {
  it('is looked at again each time, and takes no room', async () => {
    const kept = token();
    await verifyAccessToken(kept, published, at(IAT));
    for (let i = 0; i < 1_500; i += 1) {
      const forged = `${kept.slice(0, -20)}${String(i).padStart(19, 'x')}A`;
      await expect(verifyAccessToken(forged, published, at(IAT))).rejects.toMatchObject({ code: 'token_invalid' });
    }
    const late = token({ iat: IAT - 600, exp: IAT, auth_time: IAT - 600 });
    for (let i = 0; i < 2; i += 1) {
      await expect(verifyAccessToken(late, published, at(IAT))).rejects.toMatchObject({ code: 'token_expired' });
    }
    checks.mockClear();
    await verifyAccessToken(kept, published, at(IAT));
    expect(checks).not.toHaveBeenCalled();
  });

  it('never says why, nor what it was', async () => {
    const refused = await verifyAccessToken(token({ aud: 'other' }), published, at(IAT)).catch((error: Error) => error);
    expect(refused).toEqual(await verifyAccessToken('x', published, at(IAT)).catch((error: Error) => error));
    expect((refused as Error).cause).toBeUndefined();
  });

  it('asks for no key where it names none of ours', async () => {
    const keys = vi.fn(published);
    const nonsense = ['', 'x.y.z', forge.token('{}', '{"alg":"none"}'), forge.token('{}', '{"alg":"HS256","kid":"x"}')];
    for (const text of nonsense) await expect(verifyAccessToken(text, keys, at(IAT))).rejects.toThrow();
    expect(keys).not.toHaveBeenCalled();
  });
});

it('a failure to read the keys is no word on the token', async () => {
  const keys: PublicKeys = async () => {
    throw new Error('no database');
  };
  await expect(verifyAccessToken(token(), keys, at(IAT))).rejects.toThrow('no database');
});

describe('isTokenShaped', () => {
  it.each([
    ['an access token', token(), true],
    ['a JWT of somebody else', forge.token('{}', '{"alg":"none"}'), true],
    ['a token that was cut off', token().slice(0, 150), true],
    ['an API key', `sk_${'A'.repeat(43)}`, false],
    ['a refresh token', `rt_${'-'.repeat(43)}`, false],
    ['nothing', '', false],
  ])('of %s', (_name, text, expected) => {
    expect(isTokenShaped(text)).toBe(expected);
  });
});

describe('issuerOf', () => {
  const url = new URL('http://localhost:3000/api/cart?x=1');

  it('is the public address, or the one that was asked', () => {
    expect(issuerOf({ env: { SITE_URL: 'https://shop.example' } as never, url })).toBe('https://shop.example');
    expect(issuerOf({ env: {} as never, url })).toBe('http://localhost:3000');
  });
});
