import { sql } from 'drizzle-orm';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '@/db/ids';
import { type Operation, operation } from '@/edge/http';
import { linkToken } from '@/node/account-links';
import { loginOperation } from '@/node/login';
import { hashPassword, verifyPassword } from '@/node/passwords';
import { areaUnderCurve } from './mann-whitney';
import { isLong } from './samples';
import { bearerOf, OPERATIONS, openWorld, PASSWORD, type Person, type World } from './world';

/** Answers measured for each class. */
const SAMPLES = isLong ? 2_000 : 60;
/**
 * What may be told apart at most. Where there is nothing to tell, chance alone makes of 2,000 each a deviation of 0.009, and
 * of 60 each one of 0.053: the short form only sees what is plain.
 */
const MOST = isLong ? 0.55 : 0.75;

let world: World;
let caller: Person;
let passwordHash: string;
let count = 0;

beforeAll(async () => {
  world = await openWorld('enumeration');
  caller = await world.person();
  passwordHash = await hashPassword(PASSWORD);
}, 120_000);
afterAll(() => world?.close());

/** Addresses that look alike, of which the first half have accounts. Fresh ones: nobody has failed at them before. */
async function addresses(each: number): Promise<{ known: string[]; unknown: string[] }> {
  const all = Array.from({ length: 2 * each }, () => {
    count += 1;
    return `somebody-${String(count).padStart(7, '0')}@example.com`;
  });
  // Every second one: whatever else grows with time or with the number is the same for both.
  const known = all.filter((_, index) => index % 2 === 0);
  const rows = known.map((email) => ({ id: newId('acct'), email }));
  await world.db.execute(sql`
    insert into accounts (id, email, name, password_hash)
    select id, email, 'Ada Weber', ${passwordHash} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t(id text, email text)`);
  await world.db.execute('analyze accounts');
  return { known, unknown: all.filter((_, index) => index % 2 === 1) };
}

interface Asked {
  method: string;
  path: string;
  bodyOf(email: string): object;
  /** The one status of every answer that is measured. */
  answers: number;
  isSignedIn?: boolean;
  operations?: readonly Operation[];
}

const WRONG = 'a password of nobody';

const ASKED: Record<string, Asked> = {
  'signing in': {
    method: 'POST',
    path: '/api/auth/login',
    bodyOf: (email) => ({ email, password: WRONG }),
    answers: 401,
  },
  'signing up': {
    method: 'POST',
    path: '/api/auth/register',
    bodyOf: (email) => ({ email, password: PASSWORD, name: 'Ada Weber' }),
    answers: 202,
  },
  'asking for a new password': {
    method: 'POST',
    path: '/api/auth/password-reset',
    bodyOf: (email) => ({ email }),
    answers: 202,
  },
  'asking for another address': {
    method: 'POST',
    path: '/api/me/email',
    bodyOf: (email) => ({ email }),
    answers: 202,
    isSignedIn: true,
  },
};

async function ask({ method, path, bodyOf, isSignedIn, operations }: Asked, email: string) {
  const start = performance.now();
  const answer = await world.send(method, path, {
    body: bodyOf(email),
    headers: isSignedIn ? bearerOf(caller) : {},
    ...(operations ? { operations } : {}),
  });
  return { ...answer, ms: performance.now() - start };
}

type Answer = Awaited<ReturnType<typeof ask>>;

/** All that an answer says but for what is new in each: ids, secrets, and how long KV and the database took. */
function tellingOf({ status, headers, text }: Answer): string {
  const told = [...headers]
    .filter(([name]) => name !== 'x-request-id')
    .map(([name, value]) => [name, value.replaceAll(/dur=[\d.]+/g, 'dur').replaceAll(/=[\w.-]{20,}/g, '=…')]);
  const body = JSON.parse(text);
  return JSON.stringify([status, told.sort(), { ...body, requestId: undefined, challenge: undefined }]);
}

/** What the answers themselves say the database took: it reaches everybody who asks. */
function databaseMs({ headers }: Answer): number {
  return Number(/db;desc="\d+";dur=([\d.]+)/.exec(headers.get('server-timing') ?? '')?.[1] ?? 0);
}

/** How well known addresses are told from unknown ones, by the time that answers take and by what they say of it. */
async function tell(asked: Asked, samples: number): Promise<{ byTime: number; byHeader: number }> {
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  const said: typeof times = { known: [], unknown: [] };
  const emails = await addresses(samples + 5);
  for (let index = 0; index < samples + 5; index += 1) {
    const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const kind of order) {
      const answer = await ask(asked, emails[kind][index] as string);
      expect(answer.status, answer.text).toBe(asked.answers);
      // What comes after the answer is the next one's time otherwise.
      await world.settled();
      // The first few warm up what is loaded at first need.
      if (index < 5) continue;
      times[kind].push(answer.ms);
      said[kind].push(databaseMs(answer));
    }
    // A login must not be long ago where one asks for another address.
    if (index % 100 === 0) caller = await world.person();
    // All addresses of the suite count as one address: nobody vouches for any.
    if (index % 20 === 0) await world.forgetFailures();
  }
  return {
    byTime: areaUnderCurve(times.known, times.unknown),
    byHeader: areaUnderCurve(said.known, said.unknown),
  };
}

describe.each(Object.entries(ASKED))('%s', (name, asked) => {
  it('is answered alike for an address with an account and one without', async () => {
    caller = await world.person();
    const { known, unknown } = await addresses(3);
    // The first request of a process also looks for the keys of tokens.
    await ask(asked, (await addresses(1)).unknown[0] as string);
    const answers: string[] = [];
    for (const email of [...known, ...unknown]) answers.push(tellingOf(await ask(asked, email)));
    expect(new Set(answers)).toHaveLength(1);
    expect(answers[0]).toContain(`[${asked.answers},`);
  });

  it(
    'takes as long for the one as for the other',
    async () => {
      const { byTime, byHeader } = await tell(asked, SAMPLES);
      console.info(
        `${name}: AUC by time ${byTime.toFixed(3)}, by Server-Timing ${byHeader.toFixed(3)}, ${SAMPLES} each`,
      );
      expect(byTime).toBeLessThanOrEqual(MOST);
      expect(byHeader).toBeLessThanOrEqual(MOST);
    },
    30 * 60_000,
  );
});

describe('the link that is written for an address without an account', () => {
  it('is mailed to nobody, and opens nothing', async () => {
    const email = 'without-account@example.com';
    await ask(ASKED['asking for a new password'] as Asked, email);
    await world.settled();
    expect((await world.mails()).filter(({ to }) => to.includes(email))).toEqual([]);
    const { rows } = await world.db.execute<{ id: string }>(sql`select id from account_links where email = ${email}`);
    expect(rows).toHaveLength(1);
    const token = linkToken(process.env.AUTH_SECRET as string, rows[0]!.id);
    for (const path of ['/api/auth/verification', '/api/auth/password-reset/confirmation', '/api/auth/email-change']) {
      const headers = bearerOf(await world.person());
      const { status, text } = await world.send('POST', path, { headers, body: { token, password: PASSWORD } });
      expect([status, JSON.parse(text).code], path).toEqual([422, 'link_invalid']);
    }
  });
});

describe('nobody in particular', () => {
  it.each([
    ['POST', '/api/auth/passkey/options'],
    ['GET', '/api/auth/oauth'],
    ['GET', '/api/auth/oauth/nobody'],
  ])('is answered the same by %s %s, which names nobody', async (method, path) => {
    const [first, second] = [await world.send(method, path), await world.send(method, path)];
    expect(tellingOf({ ...first, ms: 0 })).toBe(tellingOf({ ...second, ms: 0 }));
    expect(first.text).not.toMatch(/acct_|@|allowCredentials":\[\{/);
  });

  it('is told apart by no login that fails: wrong password, no password at all, disabled member, no account', async () => {
    const withoutPassword = await world.person();
    await world.db.execute(sql`update accounts set password_hash = null where id = ${withoutPassword.accountId}`);
    const member = await world.member(await world.role());
    await world.db.execute(sql`update staff_members set disabled_at = now() where account_id = ${member.accountId}`);
    const emails = [
      caller.email,
      withoutPassword.email,
      member.email,
      'nobody@example.com',
      caller.email.toUpperCase(),
    ];
    const asked = ASKED['signing in'] as Asked;
    const answers: string[] = [];
    for (const email of emails) answers.push(tellingOf(await ask(asked, email)));
    expect(new Set(answers)).toHaveLength(1);
  });

  it('is slowed down alike whether or not there is an account', async () => {
    await world.forgetFailures();
    const { known, unknown } = await addresses(1);
    const outcomes = async (email: string) => {
      const statuses: number[] = [];
      for (let tries = 0; tries < 8; tries += 1) statuses.push((await ask(ASKED['signing in'] as Asked, email)).status);
      return statuses;
    };
    expect(await outcomes(known[0] as string)).toEqual(await outcomes(unknown[0] as string));
  });
});

describe('the measure', () => {
  it('is half where nothing tells, one where all does', () => {
    expect(areaUnderCurve([1, 2, 3], [1, 2, 3])).toBe(0.5);
    expect(areaUnderCurve([5, 5], [5, 5, 5])).toBe(0.5);
    expect(areaUnderCurve([1, 2, 3], [4, 5, 6])).toBe(1);
    expect(areaUnderCurve([4, 5, 6], [1, 2, 3])).toBe(1);
    expect(areaUnderCurve([1, 3], [2, 4])).toBe(0.75);
  });

  it('finds a login that hashes nothing where there is no account', async () => {
    const Login = v.object({ email: v.string(), password: v.string() });
    const hasty = operation(
      { method: 'POST', path: '/api/auth/login', body: Login },
      async ({ db }, { body: { email, password } }) => {
        const { rows } = await db.execute<{ hash: string }>(
          sql`select password_hash as hash from accounts where lower(email) = lower(${email})`,
        );
        if (rows[0]) await verifyPassword(rows[0].hash, password);
        return { status: 401, body: { code: 'login_failed' } };
      },
    );
    const { byTime } = await tell({ ...(ASKED['signing in'] as Asked), operations: [hasty] }, 40);
    expect(byTime).toBeGreaterThan(0.9);
  }, 120_000);

  it('is of the very operations of the shop', () => {
    expect(OPERATIONS).toContain(loginOperation);
    for (const { method, path } of Object.values(ASKED)) {
      expect(OPERATIONS.some((served) => served.method === method && served.path === path)).toBe(true);
    }
  });
});
