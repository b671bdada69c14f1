/** A shop with people in it, for suites that attack every operation of it. */
import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { accountAddresses, accountLinks, accounts, staffMembers, staffRoles } from '@/db/account-schema';
import { newId } from '@/db/ids';
import { writeRules } from '@/db/rules';
import { dispatch, type Host, type Operation, operation } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';
import type { Platform, PlatformOptions } from '@/local/platform';
import { type LinkPurpose, linkToken } from '@/node/account-links';
import { hashPassword } from '@/node/passwords';
import { nodeOperations } from '@/node/routes';
import { startSession } from '@/node/sessions';
import { PERMISSIONS, type Permission } from '@/node/staff/permissions';
import { bestDatabase } from '../databases';
import { percentOff, promotion } from '../edge/rule-inputs';
import { HOME, TWEED } from '../orders/order-shop';
import { openStaffShop, type StaffShop } from '../staff/staff-shop';

/** Every operation of the shop. */
export const OPERATIONS: readonly Operation[] = [...edgeOperations, ...nodeOperations];

export const PASSWORD = 'saffron kettle orbit';

/** What a login provider is called that the suites set up; nothing of it is ever asked. */
export const PROVIDER = 'github';

export type Headers = Record<string, string>;

export interface Person {
  accountId: string;
  email: string;
  name: string;
  sessionId: string;
  accessToken: string;
  refreshToken: string;
}

export interface Answer {
  status: number;
  headers: globalThis.Headers;
  text: string;
}

interface Sending {
  headers?: Headers;
  /** Sent as it is. */
  raw?: BodyInit;
  /** Sent as JSON. */
  body?: unknown;
  /** Other operations than the shop's. */
  operations?: readonly Operation[];
}

export interface World extends StaffShop {
  send(method: string, path: string, sending?: Sending): Promise<Answer>;
  /** Somebody with an account and a session. */
  person(options?: { email?: string; amr?: string[] }): Promise<Person>;
  /** Of the staff, with a second factor. */
  member(role?: string | readonly Permission[]): Promise<Person>;
  /** The token of a mailed link. */
  link(purpose: LinkPurpose, person: Pick<Person, 'accountId' | 'email'> | null): Promise<string>;
  addressOf(person: Pick<Person, 'accountId'>): Promise<string>;
  passkeyOf(person: Pick<Person, 'accountId'>): Promise<string>;
  /** As `/api/me/identities` names it. */
  identityOf(person: Pick<Person, 'accountId' | 'email'>): Promise<string>;
  /** An order, of an account or of a guest. */
  orderOf(person: Pick<Person, 'accountId' | 'email'> | null): Promise<{ id: string; accessToken: string }>;
  /** A guest's cart with something in it. */
  cart(): Promise<{ token: string; itemId: string }>;
  /** A role that may do nothing. */
  role(): Promise<string>;
  invitation(): Promise<string>;
  /** Everything that Postgres holds, as one text for each table that tells whether anything in it changed. */
  state(): Promise<Record<string, string>>;
  /** Lets everybody try again. */
  forgetFailures(): Promise<void>;
}

export const bearerOf = ({ accessToken }: Pick<Person, 'accessToken'>): Headers => ({
  authorization: `Bearer ${accessToken}`,
});

/** As a browser sends its session; the site of the suites is on plain http. */
export const cookieOf = ({ accessToken, refreshToken }: Pick<Person, 'accessToken' | 'refreshToken'>): string =>
  `access=${accessToken}; refresh=${refreshToken}`;

export async function openWorld(
  name: string,
  start: (options: Partial<PlatformOptions>) => Promise<Platform> = bestDatabase(`security_${name}`).start,
): Promise<World> {
  Object.assign(process.env, { OAUTH_GITHUB_CLIENT_ID: 'client', OAUTH_GITHUB_CLIENT_SECRET: 'secret' });
  const shop = await openStaffShop(start);
  const { db, siteUrl } = shop;
  await writeRules(db, {
    customerGroups: [{ id: 'wholesale', title: 'Wholesale' }],
    promotions: [promotion('ten', percentOff(10), { codes: ['TEN'] })],
  });
  const passwordHash = await hashPassword(PASSWORD);
  const authSecret = process.env.AUTH_SECRET as string;
  let count = 0;
  const next = () => {
    count += 1;
    return String(count).padStart(4, '0');
  };

  const pending = new Set<Promise<unknown>>();
  const host: Host = {
    waitUntil(work) {
      const tracked = work.catch(() => {}).finally(() => pending.delete(tracked));
      pending.add(tracked);
    },
    revalidateTags: () => {},
  };

  async function signIn(accountId: string, amr: string[]) {
    const signInOperation = operation({ method: 'POST', path: '/sign-in' }, (context) =>
      startSession(context, { accountId, amr, delivery: 'token' }),
    );
    const response = await signInOperation.handle(new Request(`${siteUrl}/sign-in`, { method: 'POST' }));
    const { accessToken, refreshToken } = (await response.json()) as { accessToken: string; refreshToken: string };
    const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString());
    return { accessToken, refreshToken, sessionId: sid as string };
  }

  const world: World = {
    ...shop,
    async settled() {
      await shop.settled();
      while (pending.size > 0) await Promise.all(pending);
    },
    async close() {
      await world.settled();
      await shop.close();
    },
    async send(method, path, { headers = {}, raw, body, operations = OPERATIONS } = {}) {
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await dispatch(
        operations,
        new Request(siteUrl + path, {
          method,
          headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          ...(sent === undefined ? {} : { body: sent, duplex: 'half' }),
        } as RequestInit),
        host,
      );
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    async person({ email = `person-${next()}@example.com`, amr = ['pwd'] } = {}) {
      const accountId = newId('acct');
      const name = `Name of ${email.split('@', 1)[0]}`;
      await db.insert(accounts).values({ id: accountId, email, name, passwordHash });
      return { accountId, email, name, ...(await signIn(accountId, amr)) };
    },
    async member(role = 'owner') {
      const roleId = typeof role === 'string' ? role : `role-${next()}`;
      if (typeof role !== 'string') {
        await db.insert(staffRoles).values({ id: roleId, title: roleId, permissions: [...role] });
      }
      const person = await world.person({ email: `member-${next()}@example.com`, amr: ['pwd', 'otp'] });
      await db.insert(staffMembers).values({ accountId: person.accountId, roleId });
      return person;
    },
    async link(purpose, person) {
      const id = newId('link');
      await db.insert(accountLinks).values({
        id,
        purpose,
        accountId: person?.accountId ?? null,
        email: purpose === 'email_change' || !person ? `new-${next()}@example.com` : person.email,
        registration: purpose === 'registration' ? { passwordHash, name: 'Ada Weber' } : null,
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      return linkToken(authSecret, id);
    },
    async addressOf({ accountId }) {
      const id = newId('addr');
      const address = { ...HOME, line1: `Street of ${accountId}` };
      await db.insert(accountAddresses).values({ id, accountId, address });
      return id;
    },
    async passkeyOf({ accountId }) {
      const id = randomBytes(32).toString('base64url');
      await db.execute(sql`
        insert into passkeys (id, account_id, public_key, counter, is_backed_up, name)
        values (${id}, ${accountId}, 'QWRh', 0, false, ${`Passkey of ${accountId}`})`);
      return id;
    },
    async identityOf({ accountId, email }) {
      const [issuer, subject] = ['https://github.com', `subject-${next()}`];
      await db.execute(sql`
        insert into oauth_identities (issuer, subject, account_id, email)
        values (${issuer}, ${subject}, ${accountId}, ${email})`);
      return createHash('sha256').update(`${issuer} ${subject}`).digest('hex');
    },
    async orderOf(person) {
      const filled = await shop.fill([TWEED, 1]);
      const { body } = await shop.order(filled, { body: { email: person?.email ?? `guest-${next()}@example.com` } });
      const { id, accessToken } = body.order;
      await world.settled();
      if (person) await db.execute(sql`update orders set account_id = ${person.accountId} where id = ${id}`);
      return { id, accessToken };
    },
    async cart() {
      const { token, cart } = await shop.fill([TWEED, 1]);
      return { token, itemId: cart.items[0]!.id };
    },
    async role() {
      const id = `idle-${next()}`;
      await db.insert(staffRoles).values({ id, title: `Title of ${id}` });
      return id;
    },
    async invitation() {
      const id = newId('invite');
      const roleId = await world.role();
      await db.execute(sql`
        insert into staff_invitations (id, email, role_id, expires_at)
        values (${id}, ${`invited-${next()}@example.com`}, ${roleId}, now() + interval '1 day')`);
      return id;
    },
    async state() {
      await world.settled();
      const { rows: tables } = await db.execute<{ name: string }>(sql`
        select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
      const digests = tables.map(
        ({ name }) => sql`
          select ${name}::text as name, md5(coalesce(string_agg(t::text, E'\n' order by t::text), '')) as digest
          from ${sql.identifier(name)} t`,
      );
      const { rows } = await db.execute<{ name: string; digest: string }>(sql.join(digests, sql` union all `));
      return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
    },
    async forgetFailures() {
      await db.execute(sql`delete from login_failures`);
    },
  };
  return world;
}

/** Every permission but these. */
export const allBut = (left: readonly Permission[]) => PERMISSIONS.filter((permission) => !left.includes(permission));
