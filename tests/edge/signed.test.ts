import { base64url, CompactSign, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ANYBODY, type LineInput, priceCart } from '@/commerce/pricing';
import { issueGroupPass } from '@/edge/group-pass';
import { QUOTE_TTL_SECONDS, readQuote, signQuote } from '@/edge/quote-token';
import { readSigned, sign } from '@/edge/signed';
import { promotion, shopRules, variantFacts } from '../commerce/builders';
import { percentOff, taxZone } from './rule-inputs';

const secret = 'a secret of thirty-two characters';
const now = new Date('2026-11-25T12:00:00Z');
const later = (seconds: number) => ({ secret, now: new Date(now.getTime() + seconds * 1000) });

const read = (token: string, signing = { secret, now }) => readSigned<{ of: string }>('quote', token, signing);

/** The key that a kind of token is signed with: HKDF (RFC 5869) over the secret, as the shop derives it. */
async function keyFor(info: string, of = secret): Promise<CryptoKey> {
  const bytes = new TextEncoder();
  const root = await crypto.subtle.importKey('raw', bytes.encode(of), 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: bytes.encode(info) };
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, root, hmac, true, ['sign', 'verify']);
}

const iat = now.getTime() / 1000;
const claims = { of: 'us', iat, exp: iat + 60 };

async function forge(header: { alg?: string; typ?: string }, payload: object, key: CryptoKey | Uint8Array) {
  return new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
}

const unsigned = (header: object, payload: object, signature = '') =>
  `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(payload))}.${signature}`;

describe('what the shop signs', () => {
  it('is read again as it was until its time is over, to the second', async () => {
    const token = await sign('quote', { of: 'us' }, 60, { secret, now });
    expect(await read(token)).toEqual(claims);
    expect(await read(token, later(59))).toEqual(claims);
    expect(await read(token, later(60))).toBe('expired');
  });

  it('is what the key of its kind signs: the control of the forgeries below', async () => {
    const key = await keyFor('selvedge quote');
    expect(await read(await forge({ typ: 'selvedge-quote+jwt' }, claims, key))).toEqual(claims);
  });

  const typ = 'selvedge-quote+jwt';
  it.each<[string, () => string | Promise<string>]>([
    ['nothing', () => ''],
    ['no token', () => 'quote'],
    ['three empty parts', () => '..'],
    ['five parts', () => 'a.b.c.d.e'],
    ['a token of another secret', () => sign('quote', { of: 'us' }, 60, { secret: secret.toUpperCase(), now })],
    ['a token of another kind', () => sign('group-pass', { of: 'us' }, 60, { secret, now })],
    [
      'another kind under the key of this one',
      async () => forge({ typ: 'selvedge-group-pass+jwt' }, claims, await keyFor('selvedge quote')),
    ],
    ['no kind under the key of this one', async () => forge({}, claims, await keyFor('selvedge quote'))],
    ['the secret itself as the key', () => forge({ typ }, claims, new TextEncoder().encode(secret))],
    [
      'another algorithm under the same key',
      async () => {
        const raw = new Uint8Array(await crypto.subtle.exportKey('raw', await keyFor('selvedge quote')));
        return new SignJWT({ ...claims })
          .setProtectedHeader({ alg: 'HS512', typ })
          .sign(new Uint8Array([...raw, ...raw]));
      },
    ],
    ['no end', async () => forge({ typ }, { of: 'us', iat }, await keyFor('selvedge quote'))],
    ['no beginning', async () => forge({ typ }, { of: 'us', exp: iat + 60 }, await keyFor('selvedge quote'))],
    [
      'an end that is no number',
      async () => {
        const payload = new TextEncoder().encode(JSON.stringify({ ...claims, exp: 'never' }));
        return new CompactSign(payload).setProtectedHeader({ alg: 'HS256', typ }).sign(await keyFor('selvedge quote'));
      },
    ],
    ['alg none (RFC 8725, 3.1)', () => unsigned({ alg: 'none', typ }, claims)],
    ['alg None', () => unsigned({ alg: 'None', typ }, claims)],
    [
      'a critical header that nobody knows (RFC 7515, 4.1.11)',
      async () => unsigned({ alg: 'HS256', typ, crit: ['exp'], exp: 1 }, claims, 'AA'),
    ],
    ['100 KB of it', async () => sign('quote', { of: 'x'.repeat(100_000) }, 60, { secret, now })],
    ['100 KB of nothing', () => 'a'.repeat(100_000)],
  ])('is not %s', async (_name, make) => {
    expect(await read(await make())).toBe('invalid');
  });

  it('is not what was changed in any place', async () => {
    const token = await sign('quote', { of: 'us' }, 60, { secret, now });
    const dots = [...token].flatMap((character, index) => (character === '.' ? [index] : []));
    for (let at = 0; at < token.length; at += 1) {
      // The last character of each part holds bits that stand for nothing, and may be spelt in several ways.
      if (dots.includes(at) || dots.includes(at + 1) || at === token.length - 1) continue;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await read(changed), changed).toBe('invalid');
    }
  });

  it('is no pass where it is a quote, and no quote where it is a pass', async () => {
    const pass = await issueGroupPass('wholesale', 1, { secret, now });
    expect(await readSigned('group-pass', pass, { secret, now })).toMatchObject({ group: 'wholesale' });
    expect(await readQuote(pass, { secret, now })).toBe('invalid');
    const quote = await sign('quote', { group: 'wholesale' }, 60, { secret, now });
    expect(await readSigned('group-pass', quote, { secret, now })).toBe('invalid');
  });
});

describe('a quote', () => {
  /** 100 lines, each with `promotions` reductions of its own. */
  function fullCart(promotions: number) {
    const ids = Array.from({ length: 100 }, (_, index) => `var_${String(index).padStart(26, '0')}`);
    const prices = { EUR: { amountMinor: 123_456, compareAtMinor: null } };
    const facts = (id: string) => variantFacts(id, { prices, requiresShipping: false });
    const rules = shopRules({
      promotions: Array.from({ length: promotions }, (_, index) =>
        promotion(`promotion-of-some-length-${index}`, percentOff(1), {
          title: `1 % off everything, once more: ${index}`,
        }),
      ),
      taxZones: [taxZone('DE', 'MwSt.', 1900)],
    });
    const lines = ids.map(
      (variantId, index): LineInput => ({ id: `item_${index}`, variantId, quantity: 999, metadata: {} }),
    );
    const input = {
      ...ANYBODY,
      currency: 'EUR',
      country: 'DE',
      now: now.getTime(),
      lines,
      coupons: [],
      shippingMethodId: null,
    };
    return { priced: priceCart(input, new Map(ids.map((id) => [id, facts(id)])), rules), input };
  }

  it('holds every figure, of a full cart too, and fits into an order', async () => {
    const { priced, input } = fullCart(10);
    const { token, expiresAt } = (await signQuote(priced, input, { secret, now }))!;
    // An order of 64 KB has its addresses and the rest in far less than the other half.
    expect(token.length).toBeLessThan(40_000);
    expect(expiresAt).toBe('2026-11-25T12:15:00.000Z');
    const quote = await readQuote(token, { secret, now });
    if (typeof quote === 'string') throw new Error(quote);
    expect(quote.totals.total).toBe(priced.totals.total.amount);
    expect(quote.promotions).toHaveLength(10);
    for (const [index, line] of quote.lines.entries()) {
      const taken = line.off.reduce((sum, [, amountMinor]) => sum + amountMinor, 0);
      expect(line.off).toHaveLength(10);
      expect(line.unit * line.quantity + taken).toBe(line.total);
      expect(line.tax).toBe(priced.lines[index]?.taxMinor);
    }
  });

  it('is expired 15 minutes later, not a second before', async () => {
    const { priced, input } = fullCart(0);
    const { token } = (await signQuote(priced, input, { secret, now }))!;
    expect(QUOTE_TTL_SECONDS).toBe(900);
    expect(await readQuote(token, later(899))).toMatchObject({ currency: 'EUR' });
    expect(await readQuote(token, later(900))).toBe('expired');
  });

  it('says what it promises to whoever holds it, and nothing more', async () => {
    const { priced, input } = fullCart(1);
    const { token } = (await signQuote(priced, input, { secret, now }))!;
    const payload = JSON.parse(new TextDecoder().decode(base64url.decode(token.split('.')[1]!)));
    expect(Object.keys(payload).sort()).toEqual([
      'channel',
      'country',
      'coupons',
      'currency',
      'exp',
      'group',
      'iat',
      'jti',
      'lines',
      'promotions',
      'shipping',
      'tax',
      'totals',
      'vatId',
      'zone',
    ]);
  });
});
