import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'drizzle-orm';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDb, createSql, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import type { Platform } from '@/local/platform';
import { listSigningKeys, revokeSigningKey, rotateSigningKeys, signAccessToken } from '@/node/signing-keys';
import { testDatabases } from '../databases';
import { ISSUER } from './forge';

const AUTH_SECRET = 'tokens'.repeat(6);
const url = new URL(ISSUER);

const grant = {
  accountId: 'acct_01k0000000e8xv5x6h2n8q9w0z',
  sessionId: 'sess_01k0000000e8xv5x6h2n8q9w0z',
  epoch: 0,
  customerGroup: null,
  amr: ['pwd'],
  authTime: 0,
};

const kidOf = (token: string) => decodeProtectedHeader(token).kid!;

for (const { server, available, start } of testDatabases('signing_keys')) {
  describe.skipIf(!available)(`signing keys on ${server}`, () => {
    let platform: Platform;
    let connection: { url: string; fetchEndpoint: string };
    let db: Db;

    beforeAll(async () => {
      platform = await start();
      connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT! };
      await migrate(connection);
      db = createDb(connection);
    });
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      await db.execute(sql`delete from signing_keys`);
    });
    afterEach(() => vi.useRealTimers());
    afterAll(() => platform?.close());

    const sign = (secret = AUTH_SECRET) =>
      signAccessToken({ db, env: { AUTH_SECRET: secret } as never, url, now: new Date() }, grant);
    const rotate = () => rotateSigningKeys(db, { AUTH_SECRET });

    /** Lets time go by, for the shop's clock and for the database's. */
    async function pass(seconds: number): Promise<void> {
      vi.setSystemTime(Date.now() + seconds * 1000);
      await db.execute(sql`
        update signing_keys set
          created_at = created_at - make_interval(secs => ${seconds}),
          signs_from = signs_from - make_interval(secs => ${seconds}),
          signs_until = signs_until - make_interval(secs => ${seconds}),
          published_until = published_until - make_interval(secs => ${seconds})`);
    }

    /** An isolate of the edge with a memory of its own, which counts its trips to the database. */
    async function isolate(to = connection) {
      vi.resetModules();
      const [{ verifyAccessToken }, { publicKeys }] = await Promise.all([
        import('@/edge/access-token'),
        import('@/edge/signing-keys'),
      ]);
      const edge = { trips: 0, verify };
      const keys = publicKeys({ db: createDb(to, () => (edge.trips += 1)) });
      async function verify(token: string): Promise<string> {
        return verifyAccessToken(token, keys, { issuer: ISSUER, now: new Date() }).then(
          () => 'good',
          (error: { code?: string; message: string }) => error.code ?? error.message,
        );
      }
      return edge;
    }

    it('are made at first need, and what they sign is good at once', async () => {
      const edge = await isolate();
      const token = await sign();
      expect(await edge.verify(token)).toBe('good');
      expect(kidOf(await sign())).toBe(kidOf(token));
      expect(await listSigningKeys(db)).toMatchObject([{ kid: kidOf(token), signsUntil: null, publishedUntil: null }]);
    });

    it('are made once for many first logins at once', async () => {
      const tokens = await Promise.all(Array.from({ length: 40 }, () => sign()));
      expect(new Set(tokens.map(kidOf)).size).toBe(1);
      expect(await listSigningKeys(db)).toHaveLength(1);
      const edge = await isolate();
      expect(await Promise.all(tokens.map(edge.verify))).toEqual(tokens.map(() => 'good'));
    });

    it('write tokens of the agreed form', async () => {
      const token = await sign();
      const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
      expect(header).toBe(`{"alg":"Ed25519","typ":"at+jwt","kid":"${kidOf(token)}"}`);
      const iat = Math.floor(Date.now() / 1000);
      expect(JSON.parse(payload!)).toEqual({
        iss: ISSUER,
        aud: 'selvedge',
        sub: grant.accountId,
        sid: grant.sessionId,
        iat,
        exp: iat + 600,
        jti: expect.stringMatching(/^[\w-]{36}$/),
        client_id: 'shop',
        epoch: 0,
        grp: null,
        amr: ['pwd'],
        auth_time: 0,
      });
      expect(token.length).toBeLessThan(700);
    });

    it('never write a recognition that is later than the token, though the database’s clock may be ahead', async () => {
      const ahead = { ...grant, authTime: Math.floor(Date.now() / 1000) + 4 };
      const token = await signAccessToken({ db, env: { AUTH_SECRET } as never, url, now: new Date() }, ahead);
      expect(await (await isolate()).verify(token)).toBe('good');
    });

    it('keep their private half sealed', async () => {
      const kid = kidOf(await sign());
      const { rows } = await db.execute<Record<string, unknown>>(sql`select * from signing_keys`);
      expect(rows[0]).toMatchObject({ kid, private_key_sealed: expect.stringMatching(/^v1\.[\w-]{100,}$/) });
      expect(rows[0]!.public_jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.stringMatching(/^[\w-]{43}$/) });
    });

    it('rotate and sign nobody out', async () => {
      const [stale, fresh] = [await isolate(), await isolate()];
      const old = await sign();
      expect(await stale.verify(old)).toBe('good');

      const next = await rotate();
      expect(kidOf(await sign())).toBe(kidOf(old));
      await pass(359);
      const last = await sign();
      expect(kidOf(last)).toBe(kidOf(old));
      await pass(2);
      const first = await sign();
      expect(kidOf(first)).toBe(next);
      for (const edge of [stale, fresh]) {
        expect(await edge.verify(first)).toBe('good');
        expect(await edge.verify(last)).toBe('good');
      }

      await pass(597);
      expect(await stale.verify(last)).toBe('good');
      await pass(2);
      expect(await stale.verify(last)).toBe('token_expired');
      await pass(60);
      expect(await (await isolate()).verify(last)).toBe('token_invalid');
      expect((await listSigningKeys(db)).map(({ kid }) => kid)).toEqual([next]);
    });

    it('are all known to every isolate by the time that they sign, without another look', async () => {
      const edge = await isolate();
      await edge.verify(await sign());
      await pass(1);
      await rotate();
      await pass(300);
      await edge.verify(await sign());
      const { trips } = edge;
      await pass(60);
      expect(await edge.verify(await sign())).toBe('good');
      expect(edge.trips).toBe(trips);
    });

    it('may be rotated again before the last rotation has come into force', async () => {
      const old = await sign();
      const second = await rotate();
      await pass(60);
      const ends = async () =>
        (await listSigningKeys(db)).find(({ kid }) => kid === kidOf(old))?.publishedUntil?.getTime();
      const ended = await ends();
      const third = await rotate();
      expect(await ends()).toBe(ended);
      await pass(301);
      const between = await sign();
      expect(kidOf(between)).toBe(second);
      await pass(60);
      const edge = await isolate();
      expect(kidOf(await sign())).toBe(third);
      for (const token of [old, between]) expect(await edge.verify(token)).toBe('good');
    });

    it('rotated twice at once sign one after the other', async () => {
      await sign();
      const kids = await Promise.all([rotate(), rotate()]);
      const current = (await listSigningKeys(db)).filter(({ signsUntil }) => signsUntil === null);
      expect(current).toHaveLength(1);
      expect(kids).toContain(current[0]!.kid);
      await pass(361);
      expect(kids).toContain(kidOf(await sign()));
    });

    it('rotated before there was any begin with the new one', async () => {
      const kid = await rotate();
      expect(kidOf(await sign())).toBe(kid);
    });

    it('are forgotten, private half and all, by the rotation after the one that ended them', async () => {
      await sign();
      await rotate();
      await pass(360 + 660);
      await pass(1);
      await rotate();
      const { rows } = await db.execute(sql`select kid from signing_keys`);
      expect(rows).toHaveLength(2);
    });

    it('end at once when they are revoked, and sessions go on with another', async () => {
      const edge = await isolate();
      const leaked = await sign();
      expect(await edge.verify(leaked)).toBe('good');
      expect(await revokeSigningKey(db, kidOf(leaked))).toBe(true);

      const mended = await sign();
      expect(kidOf(mended)).not.toBe(kidOf(leaked));
      await pass(6);
      // The isolate meets the new key, looks for it, and so learns that the old one is gone.
      expect(await edge.verify(mended)).toBe('good');
      expect(await edge.verify(leaked)).toBe('token_invalid');
    });

    it('revoked are taken for good by an isolate for five minutes at most', async () => {
      const edge = await isolate();
      const leaked = await sign();
      await edge.verify(leaked);
      await revokeSigningKey(db, kidOf(leaked));
      await pass(299);
      expect(await edge.verify(leaked)).toBe('good');
      await pass(1);
      expect(await edge.verify(leaked)).toBe('token_invalid');
    });

    it('revoked while another waits to sign give way to that one', async () => {
      const leaked = await sign();
      const next = await rotate();
      expect(await revokeSigningKey(db, kidOf(leaked))).toBe(true);
      expect(kidOf(await sign())).toBe(next);
      expect(await (await isolate()).verify(await sign())).toBe('good');
    });

    it('that are not there cannot be revoked, and none twice', async () => {
      const kid = kidOf(await sign());
      expect(await revokeSigningKey(db, 'x')).toBe(false);
      expect(await revokeSigningKey(db, kid)).toBe(true);
      await pass(1);
      expect(await revokeSigningKey(db, kid)).toBe(false);
    });

    it('of another secret do not open: a new one signs, and what was signed before stays good', async () => {
      const before = await sign();
      const secret = 'another'.repeat(6);
      const tokens = await Promise.all(Array.from({ length: 8 }, () => sign(secret)));
      expect(new Set(tokens.map(kidOf)).size).toBe(1);
      expect(kidOf(tokens[0]!)).not.toBe(kidOf(before));
      expect(kidOf(await sign())).toBe(kidOf(before));
      const edge = await isolate();
      for (const token of [before, tokens[0]!]) expect(await edge.verify(token)).toBe('good');
    });

    it('that were put in another’s place do not open', async () => {
      const kid = kidOf(await sign());
      const other = await rotate();
      await db.execute(sql`
        update signing_keys set private_key_sealed = (select private_key_sealed from signing_keys where kid = ${other})
        where kid = ${kid}`);
      expect(kidOf(await sign())).toBe(other);
    });

    it('are read once for all that wait, and then not for five minutes', async () => {
      const edge = await isolate();
      const token = await sign();
      await Promise.all(Array.from({ length: 50 }, () => edge.verify(token)));
      await pass(299);
      await edge.verify(token);
      expect(edge.trips).toBe(1);
      await pass(1);
      await Promise.all(Array.from({ length: 50 }, () => edge.verify(token)));
      expect(edge.trips).toBe(2);
    });

    it('that nobody knows are looked for once in five seconds, whoever asks how often', async () => {
      const edge = await isolate();
      const good = await sign();
      await edge.verify(good);
      const made = Buffer.from(good.split('.')[0]!, 'base64url').toString();
      const unknown = () => {
        const kid = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
        return [Buffer.from(made.replace(kidOf(good), kid)).toString('base64url'), ...good.split('.').slice(1)].join(
          '.',
        );
      };
      for (let second = 0; second < 20; second += 1) {
        await pass(1);
        const verdicts = await Promise.all(Array.from({ length: 25 }, () => edge.verify(unknown())));
        expect(new Set(verdicts)).toEqual(new Set(['token_invalid']));
        expect(await edge.verify(good)).toBe('good');
      }
      expect(edge.trips).toBe(1 + 20 / 5);
    });

    it('that cannot be read let nobody in, and are read again by the next who asks', async () => {
      const token = await sign();
      const dead = await isolate({ ...connection, fetchEndpoint: 'http://127.0.0.1:1/sql' });
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => dead.verify(token)));
      expect(verdicts).not.toContain('good');
      expect(dead.trips).toBe(1);
      // The driver's endpoint is a setting of the whole process.
      createSql(connection);
      expect(await dead.verify(token)).toBe('good');
    });

    describe('/.well-known/jwks.json', () => {
      async function jwks() {
        Object.assign(process.env, platform.env, { AUTH_SECRET });
        vi.resetModules();
        const { getJwks } = await import('@/edge/signing-keys');
        return async () => {
          const response = await getJwks.handle(new Request(`${ISSUER}/.well-known/jwks.json`));
          return { response, body: (await response.json()) as JSONWebKeySet };
        };
      }

      it('holds all that others need to verify a token, and no private half', async () => {
        const token = await sign();
        await rotate();
        const { response, body } = await (await jwks())();
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
        expect(response.headers.get('cache-control')).toBe('public, max-age=300');
        expect(body.keys).toHaveLength(2);
        for (const key of body.keys) expect(Object.keys(key)).toEqual(['kty', 'crv', 'alg', 'use', 'kid', 'x']);
        const { payload } = await jwtVerify(token, createLocalJWKSet(body), {
          issuer: ISSUER,
          audience: 'selvedge',
          typ: 'at+jwt',
          algorithms: ['Ed25519'],
        });
        expect(payload.sub).toBe(grant.accountId);
      });

      it('has a new key at most five seconds late, and is one read for all in between', async () => {
        await sign();
        const ask = await jwks();
        await ask();
        const kid = await rotate();
        const trips = async () => (await ask()).response.headers.get('server-timing');
        expect(await trips()).toContain('db;desc="0"');
        await pass(5);
        expect((await ask()).body.keys.map((key) => key.kid)).toContain(kid);
        expect(await trips()).toContain('db;desc="0"');
      });

      it('is empty where nobody has signed in yet', async () => {
        expect((await (await jwks())()).body).toEqual({ keys: [] });
      });
    });

    // A command starts a process of its own for each: once is enough.
    if (server === 'PGlite')
      describe('npm run signing-keys', () => {
        async function run(...args: string[]) {
          const child = spawn(process.execPath, ['--import', 'tsx', 'node/signing-keys-command.ts', ...args], {
            env: { ...process.env, ...platform.env, AUTH_SECRET },
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          let output = '';
          for (const stream of [child.stdout, child.stderr])
            stream.setEncoding('utf8').on('data', (text) => (output += text));
          const [code] = await once(child, 'close');
          return { code: code as number, output };
        }

        it('lists, rotates and revokes', async () => {
          expect(await run('list')).toEqual({ code: 0, output: 'No key is published. The next login makes one.\n' });
          const kid = kidOf(await sign());
          expect(await run('list')).toEqual({ code: 0, output: `${kid}  signs\n` });
          const rotated = await run('rotate');
          expect(rotated.code).toBe(0);
          expect(rotated.output).toMatch(
            new RegExp(`^[\\w-]{43}  signs from \\S+Z\n${kid}  signs until \\S+Z, published until \\S+Z\n$`),
          );
          const revoked = await run('revoke', kid);
          expect(revoked.code).toBe(0);
          expect(revoked.output).not.toContain(kid);
        });

        it.each([[[]], [['turn']], [['rotate', 'now']], [['revoke']], [['revoke', 'a', 'b']]])(
          'says how it is used where it is not: %j',
          async (args) => {
            const { code, output } = await run(...args);
            expect(code).toBe(1);
            expect(output).toContain('Usage: npm run signing-keys');
          },
        );

        it('says so where the key is not there', async () => {
          expect(await run('revoke', '-unknown')).toEqual({
            code: 1,
            output: 'The shop publishes no key "-unknown".\n',
          });
        });
      });
  });
}
