import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { oauthIdentities } from '@/db/account-schema';
import { hashPassword } from '@/node/passwords';
import { pruneChallenges } from '@/node/webauthn';
import { bestDatabase } from '@/tests/databases';
import { openStaffShop, type Person, type StaffShop } from '../staff/staff-shop';
import { Authenticator, type SoftPasskey, type Whims } from './authenticator';

interface Listed {
  id: string;
  name: string;
  isBackedUp: boolean;
  createdAt: string;
  lastUsedAt: string | null;
}

interface SignedIn {
  code?: string;
  account: { id: string };
  accessToken: string;
}

const database = bestDatabase('passkeys');

describe('passkeys', () => {
  let shop: StaffShop;
  let device: Authenticator;

  beforeAll(async () => {
    shop = await openStaffShop(database.start);
    device = new Authenticator(shop.siteUrl);
  });
  afterAll(() => shop?.close());

  const askNew = async ({ headers }: Person) =>
    (await shop.call<PublicKeyCredentialCreationOptionsJSON>('POST', '/api/me/passkeys/options', { headers })).body;
  const ask = async () =>
    (await shop.call<PublicKeyCredentialRequestOptionsJSON>('POST', '/api/auth/passkey/options')).body;
  const add = ({ headers }: Person, response: RegistrationResponseJSON, name?: string) =>
    shop.call<Listed & { code: string }>('POST', '/api/me/passkeys', { headers, body: { response, name } });
  const logIn = (response: AuthenticationResponseJSON) =>
    shop.call<SignedIn>('POST', '/api/auth/passkey', { body: { response, session: 'token' } });
  const listed = async ({ headers }: Person) =>
    (await shop.call<{ items: Listed[] }>('GET', '/api/me/passkeys', { headers })).body.items;
  const remove = ({ headers }: Person, id: string) =>
    shop.call<{ code: string }>('DELETE', `/api/me/passkeys/${id}`, { headers });
  const outcome = async (answer: Promise<{ status: number; body: { code?: string } | undefined }>) => {
    const { status, body } = await answer;
    return body?.code ?? status;
  };

  async function addFor(person: Person, maker = device, name?: string): Promise<SoftPasskey> {
    const { passkey, response } = maker.create(await askNew(person));
    const { status } = await add(person, response, name);
    expect(status).toBe(201);
    return passkey;
  }

  /** Lets requests run into a lock that another transaction holds, and go on when it is done; answers their outcomes. */
  async function whileLocked<Outcome>(statement: string, start: () => Promise<Outcome>[]): Promise<Outcome[]> {
    const url = new URL(process.env.POSTGRES_URL!);
    url.pathname = '/selvedge_passkeys';
    const other = new pg.Client({ connectionString: url.href });
    await other.connect();
    try {
      await other.query('begin');
      await other.query(statement);
      const answers = start();
      await vi.waitUntil(async () => {
        const { rows } = await other.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length === answers.length;
      });
      await other.query('commit');
      return await Promise.all(answers);
    } finally {
      await other.end();
    }
  }

  /** What a login with whims is answered: the code of its problem, or its status. */
  const attempt = async (passkey: SoftPasskey, whims: Whims = {}) =>
    outcome(logIn(device.get(await ask(), passkey, whims)));

  const subjectsTo = async (person: Person) => {
    await shop.settled();
    return (await shop.mails()).filter(({ to }) => to.includes(person.email)).map(({ subject }) => subject);
  };

  it('are made for an account, log in to it without naming it, and are listed, named and removed', async () => {
    const ada = await shop.signUp();
    const options = await askNew(ada);
    expect(options).toMatchObject({
      rp: { name: 'Selvedge', id: new URL(shop.siteUrl).hostname },
      user: { name: ada.email, displayName: 'Ada Weber' },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      excludeCredentials: [],
      timeout: 300_000,
    });
    const { passkey, response } = device.create(options);
    const added = await add(ada, response, 'Phone');
    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      id: passkey.id,
      name: 'Phone',
      isBackedUp: true,
      createdAt: expect.any(String),
      lastUsedAt: null,
    });
    expect(await subjectsTo(ada)).toEqual(['A passkey was added to your account']);

    const question = await ask();
    expect(question).toEqual({
      rpId: new URL(shop.siteUrl).hostname,
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      timeout: 300_000,
      userVerification: 'required',
    });
    const { status, body } = await logIn(device.get(question, passkey));
    expect(status).toBe(200);
    expect(body.account.id).toBe(ada.accountId);
    const headers = { authorization: `Bearer ${body.accessToken}` };
    const { body: sessions } = await shop.call<{ items: { amr: string[]; isCurrent: boolean }[] }>(
      'GET',
      '/api/me/sessions',
      { headers },
    );
    expect(sessions.items.find(({ isCurrent }) => isCurrent)?.amr).toEqual(['swk', 'user']);
    expect((await listed(ada))[0]?.lastUsedAt).toEqual(expect.any(String));

    const second = await addFor(ada);
    expect((await askNew(ada)).excludeCredentials?.map(({ id }) => id).sort()).toEqual([passkey.id, second.id].sort());
    const renamed = await shop.call<Listed>('PATCH', `/api/me/passkeys/${second.id}`, {
      headers: ada.headers,
      body: { name: '  Key on the ring ' },
    });
    expect(renamed.body.name).toBe('Key on the ring');
    expect((await listed(ada)).map(({ name }) => name)).toEqual(['Phone', 'Key on the ring']);

    expect(await outcome(remove(ada, passkey.id))).toBe(204);
    expect((await listed(ada)).map(({ id }) => id)).toEqual([second.id]);
    expect(await attempt(passkey)).toBe('login_failed');
    expect(await subjectsTo(ada)).toContain('A passkey was removed from your account');
  });

  it('that are bound to their hardware say so in the session', async () => {
    const ada = await shop.signUp();
    const key = new Authenticator(shop.siteUrl, false);
    const passkey = await addFor(ada, key);
    expect((await listed(ada))[0]?.isBackedUp).toBe(false);
    const { body } = await logIn(key.get(await ask(), passkey));
    const { rows } = await shop.db.execute(sql`
      select amr from sessions where account_id = ${ada.accountId} order by created_at desc limit 1`);
    expect(body.account.id).toBe(ada.accountId);
    expect(rows[0]?.amr).toEqual(['hwk', 'user']);
  });

  it('set cookies and answer no secret where a browser asks', async () => {
    const ada = await shop.signUp();
    const passkey = await addFor(ada);
    const answer = await shop.call('POST', '/api/auth/passkey', {
      body: { response: device.get(await ask(), passkey) },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(/access=ey.*refresh=rt_/);
    expect(answer.text).not.toMatch(/ey[\w-]+\.|rt_/);
  });

  it('answer each challenge once', async () => {
    const passkey = await addFor(await shop.signUp());
    const response = device.get(await ask(), passkey);
    const answers = await Promise.all(Array.from({ length: 20 }, () => outcome(logIn(response))));
    expect(answers.filter((answer) => answer === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'challenge_invalid')).toHaveLength(19);
    expect(await outcome(logIn(response))).toBe('challenge_invalid');

    // Also one that was answered wrongly.
    const question = await ask();
    expect(await outcome(logIn(device.get(question, passkey, { isUnverified: true })))).toBe('login_failed');
    expect(await outcome(logIn(device.get(question, passkey)))).toBe('challenge_invalid');
  });

  it('do not answer a challenge of more than five minutes ago, one that was never asked, or one for something else', async () => {
    const ada = await shop.signUp();
    const passkey = await addFor(ada);
    const late = await ask();
    await shop.db.execute(sql`
      update webauthn_challenges set expires_at = expires_at - interval '301 seconds' where challenge = ${late.challenge}`);
    expect(await outcome(logIn(device.get(late, passkey)))).toBe('challenge_invalid');
    const { rows } = await shop.db.execute(sql`
      select extract(epoch from expires_at - now())::integer as seconds from webauthn_challenges
      where challenge = ${(await ask()).challenge}`);
    expect(rows[0]?.seconds).toBeGreaterThan(290);
    expect(rows[0]?.seconds).toBeLessThanOrEqual(300);
    for (const challenge of ['A'.repeat(43), '', '\0', "' or true --", 'é'.repeat(43)]) {
      expect(await attempt(passkey, { challenge })).toBe('challenge_invalid');
    }
    // A challenge for making a passkey logs nobody in, and the other way round.
    const { challenge } = await askNew(ada);
    expect(await attempt(passkey, { challenge })).toBe('challenge_invalid');
    const { response } = device.create(await askNew(ada), { challenge: (await ask()).challenge });
    expect(await outcome(add(ada, response))).toBe('challenge_invalid');
  });

  it.each<[string, Whims]>([
    ['another site', { origin: 'https://se1vedge.example' }],
    ['another port of this host', { origin: 'http://127.0.0.1:1' }],
    ['this host without encryption, or with', { origin: 'https://127.0.0.1' }],
    ['a passkey of another site', { rpId: 'se1vedge.example' }],
    ['a device that asked for no finger, face or PIN', { isUnverified: true }],
    ['a device that nobody touched', { isAbsent: true }],
    ['the making of a passkey', { type: 'webauthn.create' }],
    ['a page within another site\u2019s page', { isCrossOrigin: true, origin: 'https://frame.example' }],
    ['nobody in particular', { userHandle: null }],
    ['somebody else', { userHandle: Buffer.from('acct_somebody').toString('base64url') }],
  ])('do not log in with the answer of %s', async (_, whims) => {
    const passkey = await addFor(await shop.signUp());
    expect(await attempt(passkey, whims)).toBe('login_failed');
    expect(await attempt(passkey)).toBe(200);
  });

  it.each<[string, Whims]>([
    ['another site', { origin: 'https://se1vedge.example' }],
    ['another site\u2019s passkeys', { rpId: 'se1vedge.example' }],
    ['a device that asked for no finger, face or PIN', { isUnverified: true }],
    ['a device that nobody touched', { isAbsent: true }],
    ['a login', { type: 'webauthn.get' }],
  ])('are not made by the answer of %s', async (_, whims) => {
    const ada = await shop.signUp();
    const { response } = device.create(await askNew(ada), whims);
    expect(await outcome(add(ada, response))).toBe('passkey_invalid');
    expect(await listed(ada)).toEqual([]);
  });

  it('of one account open no other, whoever signs', async () => {
    const [ada, eve] = [await shop.signUp(), await shop.signUp()];
    const [hers, eves] = [await addFor(ada), await addFor(eve)];
    // Her passkey's id, signed by Eve's; and Eve's own, with Ada's name on it.
    expect(await attempt(hers, { signer: eves })).toBe('login_failed');
    expect(await attempt(eves, { userHandle: hers.userHandle })).toBe('login_failed');
    const unknown = device.create(await askNew(eve)).passkey;
    expect(await attempt(unknown)).toBe('login_failed');
    expect(await attempt({ ...hers, id: eves.id })).toBe('login_failed');
  });

  it('are not added to another account than the one that was asked, nor under an id that is taken', async () => {
    const [ada, eve] = [await shop.signUp(), await shop.signUp()];
    const hers = await addFor(ada);
    // Eve hands in what Ada's device answered to Ada.
    const { response } = device.create(await askNew(ada));
    expect(await outcome(add(eve, response))).toBe('challenge_invalid');
    expect(await outcome(add(ada, response))).toBe(201);
    // A passkey of Eve's own making, under the id of Ada's.
    const forged = device.create(await askNew(eve), { id: hers.id });
    expect(await outcome(add(eve, forged.response))).toBe('passkey_exists');
    expect(await attempt(hers)).toBe(200);
    expect(await attempt(forged.passkey)).toBe('login_failed');
    // An id beside the one that is signed.
    const { response: renamed } = device.create(await askNew(eve));
    expect(await outcome(add(eve, { ...renamed, id: 'AAAA', rawId: 'AAAA' }))).toBe('passkey_invalid');
    expect(await listed(eve)).toEqual([]);
  });

  it('whose count of uses goes back are refused, and their owner is told', async () => {
    const ada = await shop.signUp();
    const passkey = await addFor(ada, device, 'Key ring');
    expect(await attempt(passkey, { counter: 0 })).toBe(200);
    expect(await attempt(passkey, { counter: 5 })).toBe(200);
    expect(await subjectsTo(ada)).not.toContain('There may be a copy of your passkey');
    for (const counter of [5, 4, 0]) expect(await attempt(passkey, { counter })).toBe('passkey_cloned');
    const letters = (await subjectsTo(ada)).filter((subject) => subject === 'There may be a copy of your passkey');
    expect(letters).toHaveLength(3);
    expect(await attempt(passkey, { counter: 2 ** 32 - 1 })).toBe(200);
  });

  it('with one count are taken once, however many come at once', async () => {
    const passkey = await addFor(await shop.signUp());
    const questions = await Promise.all(Array.from({ length: 10 }, ask));
    const answers = await Promise.all(
      questions.map((question) => outcome(logIn(device.get(question, passkey, { counter: 9 })))),
    );
    expect(answers.filter((answer) => answer === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'passkey_cloned')).toHaveLength(9);
  });

  it('are not removed where nothing else is left to log in with', async () => {
    const ada = await shop.signUp();
    const only = await addFor(ada);
    expect(await outcome(remove(ada, only.id))).toBe('last_login_method');
    // A provider that the shop no longer offers is no way to log in.
    await shop.db.insert(oauthIdentities).values({
      issuer: 'https://gone.example',
      subject: ada.accountId,
      accountId: ada.accountId,
      email: ada.email,
    });
    expect(await outcome(remove(ada, only.id))).toBe('last_login_method');
    const other = await addFor(ada);
    const both = await Promise.all([only, other].map(({ id }) => outcome(remove(ada, id))));
    expect(both.sort()).toEqual([204, 'last_login_method']);
    expect(await listed(ada)).toHaveLength(1);
    await shop.db.execute(sql`
      update accounts set password_hash = ${await hashPassword('linen tractor violet')} where id = ${ada.accountId}`);
    expect(await outcome(remove(ada, (await listed(ada))[0]!.id))).toBe(204);
    expect(await listed(ada)).toEqual([]);
  });

  it.skipIf(database.server === 'PGlite')('are not both removed, when each is still there for the other', async () => {
    const ada = await shop.signUp();
    const both = [await addFor(ada), await addFor(ada)];
    const answers = await whileLocked(
      `select from passkeys where account_id = '${ada.accountId}' for update`,
      // Both have looked, and neither has removed anything.
      () => both.map(({ id }) => outcome(remove(ada, id))),
    );
    expect(answers.sort()).toEqual([204, 'last_login_method']);
  });

  it.skipIf(database.server === 'PGlite')('are not added by a session that ends meanwhile', async () => {
    const ada = await shop.signUp();
    const { response } = device.create(await askNew(ada));
    const answers = await whileLocked(
      `update accounts set session_epoch = session_epoch + 1 where id = '${ada.accountId}'`,
      () => [outcome(add(ada, response))],
    );
    expect(answers).toEqual(['session_ended']);
    const { rows } = await shop.db.execute(sql`select from passkeys where account_id = ${ada.accountId}`);
    expect(rows).toEqual([]);
  });

  it('are no affair of other accounts, and of guests none', async () => {
    const [ada, eve] = [await shop.signUp(), await shop.signUp()];
    const hers = await addFor(ada);
    await addFor(eve);
    const naming = { headers: eve.headers, body: { name: 'Mine' } };
    for (const id of [hers.id, 'AAAA', '%00', 'a b', 'x'.repeat(2_000)]) {
      expect(await outcome(remove(eve, id))).toBe('not_found');
      expect(await outcome(shop.call('PATCH', `/api/me/passkeys/${id}`, naming))).toBe('not_found');
    }
    expect((await listed(ada)).map(({ id, name }) => [id, name])).toEqual([[hers.id, 'Passkey']]);
    const { response } = device.create(await askNew(ada));
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '', { response }],
      ['POST', '/options', undefined],
      ['PATCH', `/${hers.id}`, { name: 'Mine' }],
      ['DELETE', `/${hers.id}`, undefined],
    ] as const) {
      expect(await outcome(shop.call(method, `/api/me/passkeys${path}`, { body }))).toBe('unauthenticated');
    }
  });

  it('are added and removed after a recent login alone', async () => {
    const ada = await shop.signUp();
    const hers = await addFor(ada);
    const { response } = device.create(await askNew(ada));
    await shop.db.execute(sql`
      update sessions set authenticated_at = now() - interval '11 minutes' where account_id = ${ada.accountId}`);
    expect(await outcome(shop.call('POST', '/api/me/passkeys/options', ada))).toBe('login_required');
    expect(await outcome(add(ada, response))).toBe('login_required');
    expect(await outcome(remove(ada, hers.id))).toBe('login_required');
    expect(await listed(ada)).toHaveLength(1);
  });

  it('are twenty at most', async () => {
    const ada = await shop.signUp();
    await shop.db.execute(sql`
      insert into passkeys (id, account_id, public_key, counter, is_backed_up, name)
      select 'of-' || ${ada.accountId}::text || n, ${ada.accountId}, 'AAAA', 0, true, 'One of many' from generate_series(1, 18) n`);
    const responses = [];
    for (let index = 0; index < 5; index += 1) responses.push(device.create(await askNew(ada)).response);
    const answers = await Promise.all(responses.map((response) => outcome(add(ada, response))));
    expect(answers.sort()).toEqual([201, 201, 'too_many_passkeys', 'too_many_passkeys', 'too_many_passkeys']);
    expect(await listed(ada)).toHaveLength(20);
  });

  it.each<[string, (response: Record<string, unknown>) => unknown]>([
    ['no answer', () => undefined],
    ['a text', () => 'passkey'],
    ['another type', (response) => ({ ...response, type: 'password' })],
    ['an id that is no base64url', (response) => ({ ...response, id: 'a+b/' })],
    ['an id of 2000 characters', (response) => ({ ...response, id: 'A'.repeat(2_000), rawId: 'A'.repeat(2_000) })],
    ['no signature', ({ response, ...rest }) => ({ ...rest, response: { ...(response as object), signature: '' } })],
  ])('refuse %s as input', async (_, change) => {
    const passkey = await addFor(await shop.signUp());
    const response = device.get(await ask(), passkey) as unknown as Record<string, unknown>;
    expect(await outcome(shop.call('POST', '/api/auth/passkey', { body: { response: change(response) } }))).toBe(
      'invalid_input',
    );
  });

  it('refuse nonsense in every part, and fail on none', async () => {
    const ada = await shop.signUp();
    const passkey = await addFor(ada);
    for (const nonsense of ['AA', 'A'.repeat(600), Buffer.from('null').toString('base64url'), 'oWNmb28']) {
      for (const part of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']) {
        const good = device.get(await ask(), passkey);
        const code = part === 'clientDataJSON' ? 'challenge_invalid' : 'login_failed';
        const response = { ...good, response: { ...good.response, [part]: nonsense } };
        expect(await outcome(logIn(response)), `${part} ${nonsense.slice(0, 9)}`).toBe(code);
      }
      const { response: made } = device.create(await askNew(ada));
      const response = { ...made, response: { ...made.response, attestationObject: nonsense } };
      expect(await outcome(add(ada, response))).toBe('passkey_invalid');
    }
  });

  it('leave no challenges behind', async () => {
    const ada = await shop.signUp();
    await shop.db.execute(sql`delete from webauthn_challenges`);
    await ask();
    await askNew(ada);
    await shop.db.execute(sql`update webauthn_challenges set expires_at = now() - interval '1 second'`);
    const { challenge } = await ask();
    await pruneChallenges(shop.db);
    const { rows } = await shop.db.execute(sql`select challenge from webauthn_challenges`);
    expect(rows).toEqual([{ challenge }]);
  });
});
