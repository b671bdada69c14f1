import { sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashPassword } from '@/node/passwords';
import { secondFactorsOf, verifySecondFactor } from '@/node/staff/totp';
import { bestDatabase } from '@/tests/databases';
import { type Headers, openStaffShop, type Person, type StaffShop } from './staff-shop';

interface Answer {
  code: string;
  secret: string;
  otpauthUrl: string;
  qrCode: string;
  recoveryCodes: string[];
  accessToken: string;
  factors: string[];
  recoveryCodesLeft: number;
}

const database = bestDatabase('staff_totp');

describe(`one-time codes, on ${database.server}`, () => {
  let shop: StaffShop;
  beforeAll(async () => {
    shop = await openStaffShop(database.start);
  }, 120_000);
  afterAll(() => shop?.close());
  beforeEach(() => shop.db.execute(sql`delete from login_failures`));

  const call = (headers: Headers, method: string, path: string, body?: unknown) =>
    shop.call<Answer>(method, path, { headers, ...(body === undefined ? {} : { body }) });
  const outcome = ({ status, body }: { status: number; body?: Answer }) => `${status} ${body?.code ?? ''}`.trim();
  const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
  const codeOf = (secret: string, at = new Date()) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at.getTime() });
  /** A code of no step that is taken now. */
  const wrongOf = (secret: string) => {
    const near = [-60, -30, 0, 30, 60].map((seconds) => codeOf(secret, later(seconds)));
    return ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !near.includes(code)) as string;
  };
  const start = async ({ headers }: Person) => (await call(headers, 'POST', '/api/admin/totp')).body;
  const confirm = ({ headers }: Person, code: string) =>
    call(headers, 'POST', '/api/admin/totp/confirmation', { code });
  const setUp = async (person: Person) => {
    const { secret } = await start(person);
    const used = codeOf(secret);
    const { body } = await confirm(person, used);
    return { secret, used, recoveryCodes: body.recoveryCodes };
  };
  const columnsOf = async ({ accountId }: Person) => {
    const { rows } = await shop.db.execute<Record<string, unknown>>(sql`
      select to_jsonb(m) as member from staff_members m where account_id = ${accountId}`);
    return rows[0]?.member as Record<string, unknown>;
  };

  it('lead from an invitation to the rooms of the staff: set up, confirmed, and asked for at the next login', async () => {
    const person = await shop.hire('support', { amr: ['pwd'] });
    const password = 'a cloth of many threads';
    await shop.db.execute(sql`
      update accounts set password_hash = ${await hashPassword(password)} where id = ${person.accountId}`);
    const logIn = (code?: string) =>
      call({}, 'POST', '/api/auth/login', { email: person.email, password, session: 'token', ...(code && { code }) });

    expect((await logIn()).status).toBe(200);
    expect(outcome(await call(person.headers, 'GET', '/api/admin/orders'))).toBe('401 second_factor_required');
    const { secret } = await start(person);
    const used = codeOf(secret);
    expect(outcome(await confirm(person, used))).toBe('200');
    // The session stays what it was.
    expect(outcome(await call(person.headers, 'GET', '/api/admin/orders'))).toBe('401 second_factor_required');

    const asked = await logIn();
    expect(asked).toMatchObject({ status: 401, body: { code: 'second_factor_required', factors: ['otp'] } });
    expect(outcome(await logIn(used))).toBe('401 login_failed');
    const loggedIn = await logIn(codeOf(secret, later(30)));
    const headers = { authorization: `Bearer ${loggedIn.body.accessToken}` };
    expect(outcome(await call(headers, 'GET', '/api/admin/orders'))).toBe('200');
  });

  it('are shown as an address and as a picture that an app reads, and kept sealed', async () => {
    const person = await shop.hire('support', { amr: ['pwd'] });
    const { secret, otpauthUrl, qrCode } = await start(person);
    const url = new URL(otpauthUrl);
    expect(url.protocol).toBe('otpauth:');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      secret,
      digits: '6',
      period: '30',
      algorithm: 'SHA1',
    });
    expect(decodeURIComponent(url.pathname)).toContain(person.email);
    expect(Secret.fromBase32(secret).bytes).toHaveLength(20);
    expect(Buffer.from(qrCode.replace('data:image/svg+xml;base64,', ''), 'base64').toString()).toMatch(
      /^<svg .*<\/svg>$/s,
    );
    const kept = JSON.stringify(await columnsOf(person));
    expect(kept).not.toContain(secret);
    expect(JSON.stringify(await shop.auditOf(person.accountId))).not.toContain(secret);
  });

  it('of one member do not open for another, should their rows be exchanged', async () => {
    const [one, other] = [await shop.hire('support'), await shop.hire('support')];
    const codes = await shop.giveCodes(one);
    await shop.db.execute(sql`
      update staff_members set totp_confirmed_at = now(),
        totp_secret_sealed = (select totp_secret_sealed from staff_members where account_id = ${one.accountId})
      where account_id = ${other.accountId}`);
    expect(await verifySecondFactor(shop.db, other.accountId, codes(new Date()))).toBeNull();
    expect(await verifySecondFactor(shop.db, one.accountId, codes(new Date()))).toBe('otp');
  });

  it('count only once they are confirmed', async () => {
    const person = await shop.hire('support', { amr: ['pwd'] });
    const { secret } = await start(person);
    expect(await secondFactorsOf(shop.db, person.accountId)).toEqual([]);
    expect(await verifySecondFactor(shop.db, person.accountId, codeOf(secret))).toBeNull();
    expect(outcome(await confirm(person, wrongOf(secret)))).toBe('422 code_wrong');
    expect(await secondFactorsOf(shop.db, person.accountId)).toEqual([]);
    expect(outcome(await confirm(person, codeOf(secret)))).toBe('200');
    expect(await secondFactorsOf(shop.db, person.accountId)).toEqual(['otp']);
    expect((await shop.auditOf(person.accountId)).map(({ action }) => action)).toEqual([
      'totp.started',
      'totp.confirmed',
    ]);
  });

  it.each([-60, -50, 60, 90])('of %i seconds from now are none', async (seconds) => {
    const person = await shop.hire('support');
    const codes = await shop.giveCodes(person);
    const now = new Date('2030-01-01T00:00:15Z');
    const code = codes(new Date(now.getTime() + seconds * 1000));
    expect(await verifySecondFactor(shop.db, person.accountId, code, now)).toBeNull();
  });

  it.each([-30, 0, 30])('of %i seconds from now are taken, since clocks differ', async (seconds) => {
    const person = await shop.hire('support');
    const codes = await shop.giveCodes(person);
    const now = new Date('2030-01-01T00:00:15Z');
    const code = codes(new Date(now.getTime() + seconds * 1000));
    expect(await verifySecondFactor(shop.db, person.accountId, code, now)).toBe('otp');
  });

  it('are good once, and none before one that was used', async () => {
    const person = await shop.hire('support');
    const codes = await shop.giveCodes(person);
    const now = new Date('2030-01-01T00:00:15Z');
    const at = (seconds: number) => codes(new Date(now.getTime() + seconds * 1000));
    expect(await verifySecondFactor(shop.db, person.accountId, at(0), now)).toBe('otp');
    expect(await verifySecondFactor(shop.db, person.accountId, at(0), now)).toBeNull();
    expect(await verifySecondFactor(shop.db, person.accountId, at(-30), now)).toBeNull();
    expect(await verifySecondFactor(shop.db, person.accountId, at(30), now)).toBe('otp');
  });

  it('that come many times at once are taken once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await shop.hire('support');
      const code = (await shop.giveCodes(person))(new Date());
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => verifySecondFactor(shop.db, person.accountId, code)),
      );
      expect(outcomes.filter((taken) => taken === 'otp')).toHaveLength(1);
    }
  });

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '000000; drop', 'A'.repeat(16)])(
    'are not %j',
    async (code) => {
      const person = await shop.hire('support');
      await shop.giveCodes(person);
      expect(await verifySecondFactor(shop.db, person.accountId, code)).toBeNull();
    },
  );

  it('are typed with or without spaces', async () => {
    const person = await shop.hire('support');
    const code = (await shop.giveCodes(person))(new Date());
    const spaced = `${code.slice(0, 3)} ${code.slice(3)} `;
    expect(await verifySecondFactor(shop.db, person.accountId, spaced)).toBe('otp');
  });

  it('are of no use to who was disabled, nor asked of them', async () => {
    const person = await shop.hire('support');
    const code = (await shop.giveCodes(person))(new Date());
    await shop.db.execute(sql`update staff_members set disabled_at = now() where account_id = ${person.accountId}`);
    expect(await verifySecondFactor(shop.db, person.accountId, code)).toBeNull();
    expect(await secondFactorsOf(shop.db, person.accountId)).toEqual([]);
  });

  it('are not asked of customers, not even of one with a passkey', async () => {
    const customer = await shop.signUp();
    const insert = (id: string, accountId: string) =>
      shop.db.execute(sql`
        insert into passkeys (id, account_id, public_key, counter, is_backed_up, name)
        values (${id}, ${accountId}, 'key', 0, true, 'Phone')`);
    await insert('of-a-customer', customer.accountId);
    expect(await secondFactorsOf(shop.db, customer.accountId)).toEqual([]);
    const member = await shop.hire('support');
    await insert('of-a-member', member.accountId);
    expect(await secondFactorsOf(shop.db, member.accountId)).toEqual(['passkey']);
    await shop.giveCodes(member);
    expect(await secondFactorsOf(shop.db, member.accountId)).toEqual(['otp', 'passkey']);
  });

  describe('recovery codes', () => {
    it('are ten, shown once, kept as hashes, and each good once', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { recoveryCodes } = await setUp(person);
      expect(new Set(recoveryCodes).size).toBe(10);
      const kept = JSON.stringify(await columnsOf(person));
      for (const code of recoveryCodes) {
        expect(code).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
        expect(kept).not.toContain(code);
        expect(kept).not.toContain(code.replaceAll('-', ''));
      }
      const [first, second] = recoveryCodes as [string, string];
      expect(await verifySecondFactor(shop.db, person.accountId, first)).toBe('recovery');
      expect(await verifySecondFactor(shop.db, person.accountId, first)).toBeNull();
      const sloppy = second.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect(await verifySecondFactor(shop.db, person.accountId, sloppy)).toBe('recovery');
      expect((await call(person.headers, 'GET', '/api/admin/me')).body.recoveryCodesLeft).toBe(8);
    });

    it('that come many times at once are taken once', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { recoveryCodes } = await setUp(person);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => verifySecondFactor(shop.db, person.accountId, recoveryCodes[0] as string)),
      );
      expect(outcomes.filter((taken) => taken === 'recovery')).toHaveLength(1);
      expect((await columnsOf(person)).recovery_code_hashes).toHaveLength(9);
    });

    it('of another member are none', async () => {
      const [one, other] = [await shop.hire('support', { amr: ['pwd'] }), await shop.hire('support', { amr: ['pwd'] })];
      const { recoveryCodes } = await setUp(one);
      await setUp(other);
      expect(await verifySecondFactor(shop.db, other.accountId, recoveryCodes[0] as string)).toBeNull();
    });
  });

  describe('setting up and taking away', () => {
    it('need a recent login to begin', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      await shop.db.execute(sql`
        update sessions set authenticated_at = now() - interval '11 minutes' where account_id = ${person.accountId}`);
      expect(outcome(await call(person.headers, 'POST', '/api/admin/totp'))).toBe('401 login_required');
    });

    it('replace no codes that are there: those are removed first, by one of them', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { secret, used } = await setUp(person);
      const proven = { ...person, headers: await shop.signIn(person) };
      expect(outcome(await call(proven.headers, 'POST', '/api/admin/totp'))).toBe('409 totp_exists');
      expect(outcome(await confirm(proven, codeOf(secret, later(30))))).toBe('409 totp_exists');
      const remove = (code: string) => call(proven.headers, 'DELETE', '/api/admin/totp', { code });
      expect(outcome(await remove(wrongOf(secret)))).toBe('422 code_wrong');
      expect(outcome(await remove(used))).toBe('422 code_wrong');
      expect(await secondFactorsOf(shop.db, person.accountId)).toEqual(['otp']);
      expect((await remove(codeOf(secret, later(30)))).status).toBe(204);
      expect(await secondFactorsOf(shop.db, person.accountId)).toEqual([]);
      expect(await columnsOf(person)).toMatchObject({
        totp_secret_sealed: null,
        totp_last_step: null,
        recovery_code_hashes: [],
      });
      expect((await call(proven.headers, 'POST', '/api/admin/totp')).status).toBe(201);
    });

    it('are told of by mail', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { recoveryCodes } = await setUp(person);
      await call(person.headers, 'DELETE', '/api/admin/totp', { code: recoveryCodes[0] });
      await shop.settled();
      const subjects = (await shop.mails()).filter(({ to }) => to.includes(person.email)).map(({ subject }) => subject);
      expect(subjects.sort()).toEqual(['One-time codes are off', 'One-time codes are on']);
    });

    it('are not for who knows the password of a member with a passkey, and nothing else', async () => {
      const person = await shop.hire('owner', { amr: ['pwd'] });
      await shop.db.execute(sql`
        insert into passkeys (id, account_id, public_key, counter, is_backed_up, name)
        values ('of-an-owner', ${person.accountId}, 'key', 0, true, 'Phone')`);
      expect(outcome(await call(person.headers, 'POST', '/api/admin/totp'))).toBe('401 second_factor_required');
      expect(outcome(await confirm(person, '000000'))).toBe('401 second_factor_required');
      const proven = await shop.signIn(person, ['hwk', 'user']);
      expect((await call(proven, 'POST', '/api/admin/totp')).status).toBe(201);
    });

    it('leave no way round by a passkey: staff with a factor add and remove one with a factor alone', async () => {
      const ask = (headers: Headers) => call(headers, 'POST', '/api/me/passkeys/options');
      const remove = (headers: Headers) => call(headers, 'DELETE', '/api/me/passkeys/none');
      const customer = await shop.signUp();
      expect(outcome(await ask(customer.headers))).toBe('200');
      const person = await shop.hire('owner', { amr: ['pwd'] });
      expect(outcome(await ask(person.headers))).toBe('200');
      await shop.giveCodes(person);
      for (const amr of [['pwd'], ['fed']]) {
        const headers = await shop.signIn(person, amr);
        expect(outcome(await ask(headers))).toBe('401 second_factor_required');
        expect(outcome(await remove(headers))).toBe('401 second_factor_required');
        const added = await call(headers, 'POST', '/api/me/passkeys', PASSKEY);
        expect(outcome(added)).toBe('401 second_factor_required');
      }
      const proven = await shop.signIn(person, ['pwd', 'otp']);
      expect(outcome(await ask(proven))).toBe('200');
      expect(outcome(await remove(proven))).toBe('404 not_found');
    });

    it('confirm nothing before anything was begun', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      expect(outcome(await confirm(person, '123456'))).toBe('409 totp_not_started');
    });

    it('confirm once, of two at once, and show one set of recovery codes', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { secret } = await start(person);
      const answers = await Promise.all(Array.from({ length: 4 }, () => confirm(person, codeOf(secret))));
      const confirmed = answers.filter(({ status }) => status === 200);
      expect(confirmed).toHaveLength(1);
      const code = confirmed[0]!.body.recoveryCodes[0] as string;
      expect(await verifySecondFactor(shop.db, person.accountId, code)).toBe('recovery');
    });

    it('are not for who guesses: after some wrong codes even the right one has to wait', async () => {
      const person = await shop.hire('support', { amr: ['pwd'] });
      const { secret } = await setUp(person);
      const remove = (code: string) => call(person.headers, 'DELETE', '/api/admin/totp', { code });
      const outcomes: string[] = [];
      for (let guess = 0; guess < 8; guess += 1) outcomes.push(outcome(await remove(wrongOf(secret))));
      expect(outcomes[0]).toBe('422 code_wrong');
      expect(outcomes.at(-1)).toBe('429 too_many_attempts');
      expect(outcome(await remove(codeOf(secret, later(30))))).toBe('429 too_many_attempts');
      expect(await secondFactorsOf(shop.db, person.accountId)).toEqual(['otp']);
    });
  });
});

/** In the form that a browser sends one in, and nobody's. */
const PASSKEY = {
  response: {
    id: 'AAAA',
    rawId: 'AAAA',
    type: 'public-key',
    response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA', transports: [] },
    clientExtensionResults: {},
  },
};
