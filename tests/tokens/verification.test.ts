/** What is taken for a token and what is not, asked of every runtime that verifies them. */
import { createHmac } from 'node:crypto';
import { compactVerify, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyAccessToken } from '@/edge/access-token';
import { verifyJws } from '@/edge/jws';
import { base64url, claimsAt, type Forge, ISSUER, newForge } from './forge';
import type { Question, Verdict } from './probe';
import { type Runtime, runtimes } from './runtimes';

const NOW = 1_800_000_000;
const IAT = NOW - 60;

const forge: Forge = await newForge();
const stranger: Forge = await newForge();

const payloadOf = (changed: Record<string, unknown> = {}) => JSON.stringify({ ...claimsAt(IAT), ...changed });
const good = forge.token(payloadOf());
const [goodHeader, goodPayload, goodSignature] = good.split('.') as [string, string, string];

const access = (token: string, now = NOW): Question => ({
  about: 'access',
  token,
  keys: [forge.publicJwk, stranger.publicJwk],
  issuer: ISSUER,
  now,
});

/** A text of the same bytes as `text` in base64url, in another spelling: its unused last bits are set. */
function respelt(text: string, bits = 1): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)!) + bits];
}

/** Signed with HMAC by something that is public: what a verifier takes for a secret if it lets the token choose. */
function confused(secret: string | Buffer): string {
  const signed = `${base64url(`{"alg":"HS256","typ":"at+jwt","kid":"${forge.kid}"}`)}.${goodPayload}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The same signature with the order of the group added to its second half, which a lax verifier takes too. */
function malleated(): string {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const bytes = Buffer.from(goodSignature, 'base64url');
  const half = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
  Buffer.from(half.toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 32);
  return `${goodHeader}.${goodPayload}.${bytes.toString('base64url')}`;
}

const withHeader = (members: string) => forge.token(payloadOf(), members);
const withMember = (member: string) => withHeader(forge.header.replace(/}$/, `,${member}}`));
const withPayload = (payload: string) => forge.token(payload);
const withClaims = (changed: Record<string, unknown>) => forge.token(payloadOf(changed));
const withNumber = (claim: string, number: string) => withPayload(payloadOf({ [claim]: '#' }).replace('"#"', number));

const own = JSON.stringify(stranger.publicJwk);
const spki = forge.publicKey.export({ type: 'spki', format: 'der' });

/** Rightly signed by the shop's key, so that only what they say is wrong; jose by itself takes them all. */
const SIGNED: Record<string, string> = {
  'the older name of its algorithm': withHeader(forge.header.replace('Ed25519', 'EdDSA')),
  'no type': withHeader(`{"alg":"Ed25519","kid":"${forge.kid}"}`),
  'the type of any JWT': withHeader(forge.header.replace('at+jwt', 'JWT')),
  'its type in capitals': withHeader(forge.header.replace('at+jwt', 'AT+JWT')),
  'its type as a media type': withHeader(forge.header.replace('at+jwt', 'application/at+jwt')),
  'no key': withHeader('{"alg":"Ed25519","typ":"at+jwt"}'),
  'the key of somebody else': withHeader(forge.header.replace(forge.kid, stranger.kid)),
  'a key that is a path': withHeader(forge.header.replace(forge.kid, '../../../../dev/null')),
  'a key that is a query': withHeader(forge.header.replace(forge.kid, "' or kid like '%")),
  'a key that is a number': withHeader(forge.header.replace(`"${forge.kid}"`, '7')),
  'a key of its own': withMember(`"jwk":${own}`),
  'an address of keys': withMember('"jku":"https://evil.test/jwks.json"'),
  'an address of certificates': withMember('"x5u":"https://evil.test/chain.pem"'),
  'certificates of its own': withMember('"x5c":["MIIB"]'),
  'the thumbprint of a certificate': withMember('"x5t#S256":"AAAA"'),
  'a payload that is said not to be base64url, though nobody must heed it': withMember('"b64":false'),
  'a type of content': withMember('"cty":"JWT"'),
  'a compression': withMember('"zip":"DEF"'),
  'header members in another order': withHeader(`{"typ":"at+jwt","alg":"Ed25519","kid":"${forge.kid}"}`),
  'a header with spaces': withHeader(forge.header.replaceAll(':', ': ')),
  'a header with a line break at its end': withHeader(`${forge.header}\n`),
  'two algorithms': withHeader(forge.header.replace('{', '{"alg":"none",')),
  'two keys': withHeader(forge.header.replace('}', `,"kid":"${forge.kid}"}`)),
  'a header with an escaped letter': withHeader(forge.header.replace('"alg"', '"\\u0061lg"')),

  'no claims': withPayload('{}'),
  'a list for claims': withPayload('[]'),
  'null for claims': withPayload('null'),
  'a text for claims': withPayload('"acct"'),
  'nothing at all for claims': withPayload(''),
  'no JSON for claims': withPayload('{"iss":'),
  'claims with spaces': withPayload(payloadOf().replaceAll(',', ', ')),
  'claims with a byte order mark': withPayload(`\uFEFF${payloadOf()}`),
  'two subjects': withPayload(payloadOf().replace('"sub"', '"sub":"acct_01k0000000e8xv5x6h2n8q9w00","sub"')),
  'two expiries': withPayload(payloadOf().replace('}', `,"exp":${NOW + 300}}`)),
  'an escaped claim': withPayload(payloadOf().replace('"sub"', '"\\u0073ub"')),

  'another issuer': withClaims({ iss: 'https://evil.test' }),
  'an issuer with a slash more': withClaims({ iss: `${ISSUER}/` }),
  'a list of issuers': withClaims({ iss: [ISSUER] }),
  'another audience': withClaims({ aud: 'other' }),
  'a list of audiences': withClaims({ aud: ['selvedge'] }),
  'another client': withClaims({ client_id: 'other' }),
  'a subject that is an object': withClaims({ sub: { id: claimsAt(IAT).sub } }),
  'a subject that is a list': withClaims({ sub: [claimsAt(IAT).sub] }),
  'a subject that is a number': withClaims({ sub: 7 }),
  'a subject that is no account': withClaims({ sub: claimsAt(IAT).sid }),
  'a subject with more behind it': withClaims({ sub: `${claimsAt(IAT).sub}\n` }),
  'a session that is none': withClaims({ sid: 'sess_' }),
  'an empty id': withClaims({ jti: '' }),
  'an epoch in quotes': withClaims({ epoch: '3' }),
  'an epoch below zero': withClaims({ epoch: -1 }),
  'half an epoch': withClaims({ epoch: 0.5 }),
  'an epoch beyond whole numbers': withClaims({ epoch: 2 ** 53 }),
  'a group that is a number': withClaims({ grp: 7 }),
  'an empty group': withClaims({ grp: '' }),
  'no way of recognition': withClaims({ amr: [] }),
  'a way of recognition that is no text': withClaims({ amr: ['pwd', 7] }),
  'ways of recognition that are no list': withClaims({ amr: 'pwd' }),
  'a recognition after its issue': withClaims({ auth_time: IAT + 1 }),
  'a time before which it must not be taken': withClaims({ nbf: IAT }),

  'an expiry beyond numbers': withNumber('exp', '1e400'),
  'an issue beyond numbers': withNumber('iat', '-1e400'),
  'an expiry in another spelling': withNumber('exp', `${IAT + 600}.0`),
  'an expiry in powers of ten': withNumber('exp', '1.8000001e9'),
  'an expiry in quotes': withClaims({ exp: String(IAT + 600) }),
  'an expiry between seconds': withClaims({ exp: IAT + 599.5 }),
  'an expiry that is true': withClaims({ exp: true }),
  'an issue in the future': withClaims({ iat: NOW + 6, exp: NOW + 600 }),
  'a life of a second too much': withClaims({ exp: IAT + 601 }),
  'a life of ten years': withClaims({ exp: IAT + 10 * 365 * 24 * 3600 }),
  'ten years behind it and a minute to go': withClaims({
    iat: IAT - 10 * 365 * 24 * 3600,
    auth_time: 0,
    exp: NOW + 60,
  }),
  'no life at all': withClaims({ iat: NOW + 1, exp: NOW + 1 }),
  'an issue before time began': withClaims({ iat: -5, exp: 500, auth_time: -5 }),
  'more than a token can have': withClaims({ padding: 'x'.repeat(1_100) }),
  'a megabyte': withClaims({ padding: 'x'.repeat(1_000_000) }),
  ...Object.fromEntries(Object.keys(claimsAt(IAT)).map((name) => [`no "${name}"`, withClaims({ [name]: undefined })])),
};

/** Nobody signed these, or not as they stand. */
const FORGED: Record<string, string> = {
  'no signature, and says so': `${base64url('{"alg":"none","typ":"at+jwt"}')}.${goodPayload}.`,
  'no signature, and says so in capitals': `${base64url('{"alg":"NONE"}')}.${goodPayload}.`,
  'a signature, and says it has none': `${base64url(forge.header.replace('Ed25519', 'none'))}.${goodPayload}.${goodSignature}`,
  'the header of a good one and no signature': `${goodHeader}.${goodPayload}.`,
  'a signature of zeros': `${goodHeader}.${goodPayload}.${'A'.repeat(86)}`,
  'a signature that was malleated': malleated(),
  'the signature of another': `${goodHeader}.${base64url(payloadOf({ epoch: 4 }))}.${goodSignature}`,
  'the signature of a stranger': stranger.token(payloadOf(), forge.header),
  'a secret that is the public key': confused(Buffer.from(forge.publicJwk.x, 'base64url')),
  'a secret that is the public key in base64url': confused(forge.publicJwk.x),
  'a secret that is the public key in DER': confused(spki),
  'a secret that is the public key in PEM': confused(forge.publicKey.export({ type: 'spki', format: 'pem' })),
  'a secret that is the public key as JWK': confused(JSON.stringify(forge.publicJwk)),
  'an extension that must be understood': withMember('"crit":["b64"],"b64":false'),
  'an extension that nobody knows': withMember('"crit":["exp"],"exp":1'),
  'an empty list of extensions': withMember('"crit":[]'),

  'nothing in it': '',
  'one part': goodHeader,
  'two parts': `${goodHeader}.${goodPayload}`,
  'four parts': `${good}.`,
  'five parts, as what is encrypted has': `${good}.${goodPayload}.${goodSignature}`,
  'a dot before it': `.${good}`,
  'nothing but dots': '..',
  'an empty header': `.${goodPayload}.${goodSignature}`,
  'an empty payload': `${goodHeader}..${goodSignature}`,
  'a space before it': ` ${good}`,
  'a space behind it': `${good} `,
  'a line break behind it': `${good}\n`,
  'a line break inside': good.replace(goodPayload, `${goodPayload.slice(0, 20)}\n${goodPayload.slice(20)}`),
  'a NUL behind it': `${good}\0`,
  'padding behind its signature': `${good}==`,
  'padding behind its payload': `${goodHeader}.${goodPayload}=.${goodSignature}`,
  'a sign of plain base64': good.replace(/[-_](?=[^.]*$)/, '+').replace(/[\w](?=[^.]*$)/, '/'),
  'a letter that looks like one of its own': good.replace('e', 'е'),
  'the JSON form of a signature': JSON.stringify({
    protected: goodHeader,
    payload: goodPayload,
    signature: goodSignature,
  }),
  ...Object.fromEntries(
    Array.from({ length: 15 }, (_, bits) => [
      `unused bits ${bits + 1} in its signature`,
      `${goodHeader}.${goodPayload}.${respelt(goodSignature, bits + 1)}`,
    ]),
  ),
};

/** Unused bits of what was signed: the spelling was signed as it stands. */
const unused = (() => {
  const lengths = [0, 1, 2].map((more) => payloadOf({ jti: `id${'x'.repeat(more)}` }));
  return lengths.filter((payload) => base64url(payload).length % 4 !== 0);
})();

describe.each(runtimes)('in $name', ({ start }) => {
  let runtime: Runtime;
  const judge = async (...questions: Question[]): Promise<Verdict[]> => runtime.ask(questions);

  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime?.close());

  it('a good token says whom it speaks of', async () => {
    const token = withClaims({ grp: 'trade' });
    expect(await judge(access(token))).toEqual([
      {
        accepted: {
          accountId: 'acct_01k0000000e8xv5x6h2n8q9w0z',
          sessionId: 'sess_01k0000000e8xv5x6h2n8q9w0z',
          epoch: 3,
          customerGroup: 'trade',
          amr: ['pwd', 'otp'],
          issuedAt: IAT,
          expiresAt: IAT + 600,
          authTime: IAT - 60,
        },
      },
    ]);
  });

  it('a good token holds from five seconds before its issue to its expiry, and then has expired', async () => {
    const times = [IAT - 6, IAT - 5, IAT, IAT + 599, IAT + 599.999, IAT + 600, IAT + 600_000];
    const verdicts = await judge(...times.map((now) => access(good, now)));
    expect(verdicts.map((verdict) => ('refused' in verdict ? verdict.refused : 'good'))).toEqual([
      'token_invalid',
      'good',
      'good',
      'good',
      'good',
      'token_expired',
      'token_expired',
    ]);
  });

  it('only one that was good has expired', async () => {
    const late = IAT + 600;
    const asked = [`${good}=`, withClaims({ aud: 'other' }), withClaims({ iss: 'https://evil.test' }), malleated()];
    for (const verdict of await judge(...asked.map((token) => access(token, late)))) {
      expect(verdict).toEqual({ refused: 'token_invalid' });
    }
  });

  it('claims that we do not know are no fault', async () => {
    expect(await judge(access(withClaims({ locale: 'de' })))).toEqual([{ accepted: expect.anything() }]);
  });

  it.each(Object.entries(SIGNED))('a signed token is refused for %s', async (_name, token) => {
    expect(await judge(access(token))).toEqual([{ refused: 'token_invalid' }]);
  });

  it.each(Object.entries(FORGED))('a forged token is refused for %s', async (_name, token) => {
    expect(await judge(access(token))).toEqual([{ refused: 'token_invalid' }]);
  });

  it('a spelling of base64url that is not the only one is refused, signed as it stands or not', async () => {
    expect(unused.length).toBeGreaterThan(0);
    for (const payload of unused) {
      const token = forge.token(payload);
      const [header, body, signature] = token.split('.') as [string, string, string];
      expect(Buffer.from(respelt(body), 'base64url')).toEqual(Buffer.from(body, 'base64url'));
      expect(await judge(access(token), access(`${header}.${respelt(body)}.${signature}`))).toEqual([
        { accepted: expect.anything() },
        { refused: 'token_invalid' },
      ]);
    }
  });

  it('any one character changed, dropped or added anywhere makes a good token a bad one', async () => {
    const questions: Question[] = [];
    for (let at = 0; at <= good.length; at += 1) {
      const [before, character, after] = [good.slice(0, at), good[at], good.slice(at + 1)];
      const next = String.fromCharCode((character ?? '@').charCodeAt(0) + 1);
      const swapped = character === 'A' ? 'g' : 'A';
      const changes = character === undefined ? [] : [next, swapped, '-', '_', '.', '=', ' ', '%', ''];
      for (const change of changes) {
        if (change !== character) questions.push(access(before + change + after));
      }
      for (const added of ['A', '.', '=', '\0']) questions.push(access(before + added + good.slice(at)));
    }
    const verdicts = await judge(...questions);
    const wrong = verdicts.flatMap((verdict, index) =>
      'accepted' in verdict ? [(questions[index] as { token: string }).token] : [],
    );
    expect(wrong).toEqual([]);
    expect(questions.length).toBeGreaterThan(good.length * 12);
    expect(await judge(access(good))).toEqual([{ accepted: expect.anything() }]);
  });

  describe('verifyJws', () => {
    const rules = { algorithms: ['Ed25519'] };
    const jws = (token: string, keys: JWK[] = [forge.publicJwk], more = {}): Question => ({
      about: 'jws',
      token,
      keys,
      rules: { ...rules, ...more },
    });
    const anything = forge.token('any bytes', `{"alg":"Ed25519","kid":"${forge.kid}"}`);

    it('answers what was signed', async () => {
      expect(await judge(jws(anything), jws(anything, [stranger.publicJwk, forge.publicJwk]))).toEqual([
        { accepted: base64url('any bytes') },
        { accepted: base64url('any bytes') },
      ]);
    });

    it.each<[string, Question]>([
      ['no key', jws(anything, [])],
      ['keys of others only', jws(anything, [stranger.publicJwk])],
      ['two keys of one name', jws(anything, [forge.publicJwk, { ...stranger.publicJwk, kid: forge.kid }])],
      ['the same key twice', jws(anything, [forge.publicJwk, forge.publicJwk])],
      [
        'secrets among public keys',
        jws(anything, [forge.publicJwk, { kty: 'oct', kid: 's', k: 'AAAA', alg: 'HS256' }]),
      ],
      ['a key of another algorithm', jws(anything, [{ ...forge.publicJwk, alg: 'ES256' }])],
      ['a key that says no algorithm', jws(anything, [{ ...forge.publicJwk, alg: undefined }])],
      ['an algorithm that is not taken', jws(anything, [forge.publicJwk], { algorithms: ['ES256'] })],
      ['no algorithm that is taken', jws(anything, [forge.publicJwk], { algorithms: [] })],
      ['more characters than are looked at', jws(anything, [forge.publicJwk], { maxCharacters: anything.length - 1 })],
      ['more than 8,192 characters', jws(forge.token('x'.repeat(6_200), `{"alg":"Ed25519","kid":"${forge.kid}"}`))],
      [
        'HS256 where the token may choose it, and the public key is at hand',
        jws(confused(forge.publicJwk.x), [forge.publicJwk], { algorithms: ['Ed25519', 'HS256'] }),
      ],
    ])('refuses a token for %s', async (_name, question) => {
      expect(await judge(question)).toEqual([{ refused: 'token_invalid' }]);
    });

    it.each(Object.entries(SIGNED).filter(([, token]) => token.split('.')[1] === goodPayload && token.length < 8_000))(
      'refuses a header that brings more than it may, or says it otherwise: %s',
      async (name, token) => {
        const isOrdinary = /no type|type of any|its type|type of content|another order/.test(name);
        expect(await judge(jws(token))).toEqual([
          isOrdinary ? { accepted: goodPayload } : { refused: 'token_invalid' },
        ]);
      },
    );

    it('does not hide that a key of ours is unfit', async () => {
      const short = { ...forge.publicJwk, x: 'AAAA' };
      const [verdict] = await judge(jws(anything, [short]));
      expect(verdict).not.toEqual({ refused: 'token_invalid' });
      expect(verdict).toEqual({ refused: expect.any(String) });
    });
  });
});

describe('the controls', () => {
  it.each(Object.entries(SIGNED))(
    'the signature is right, so jose alone would take the one with %s',
    async (_name, token) => {
      await expect(compactVerify(token, forge.publicKey)).resolves.toBeDefined();
    },
  );

  it('jose alone would take what is spelt otherwise', async () => {
    const token = `${goodHeader}.${goodPayload}.${respelt(goodSignature)}`;
    await expect(compactVerify(token, forge.publicKey)).resolves.toBeDefined();
  });

  it('nothing of a token that is too long is decoded', async () => {
    const decode = vi.spyOn(globalThis, 'atob');
    const parse = vi.spyOn(JSON, 'parse');
    const long = forge.token('x'.repeat(1_000_000));
    await expect(verifyJws(long, [forge.publicJwk], { algorithms: ['Ed25519'] })).rejects.toThrow();
    await expect(
      verifyAccessToken(long, async () => [forge.publicJwk], { issuer: ISSUER, now: new Date(NOW * 1000) }),
    ).rejects.toThrow();
    expect(decode).not.toHaveBeenCalled();
    expect(parse).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
