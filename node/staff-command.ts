/**
 * `npm run staff -- invite EMAIL --role owner | list | disable EMAIL`: who runs the shop, for whoever runs its server. So
 * comes the first owner. `docs/staff.md` is its manual.
 *
 * What was asked for (the invitation's link, the list) goes to the standard output, words about it to the error output.
 * Ends with 0 where it was done, 1 where it could not be.
 */
import { parseArgs } from 'node:util';
import { asc, eq, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { accounts, staffMembers, staffRoles } from '@/db/account-schema';
import type { Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { EmailInput } from '@/edge/cart-input';
import { describeError } from '@/edge/http';
import { INVITATION_PAGE } from './account-letters';
import { linkUrl } from './account-links';
import { runCommand } from './command';
import { askForDelivery } from './import/shop';
import type { Store } from './import/store';
import type { Deed } from './staff/audit';
import { invite } from './staff/invitations';
import { changeMember } from './staff/members';
import { FACTORS, type Factor, PERMISSIONS } from './staff/permissions';

const USAGE = `Usage: npm run staff -- invite EMAIL --role ROLE
       npm run staff -- list
       npm run staff -- disable EMAIL

  --role owner   what they may do: owner, manager, support, editor, or a role of your own
`;

const FACTOR_NAMES: Record<Factor, string> = { otp: 'one-time codes', passkey: 'passkey' };

type Command = { name: 'invite'; email: string; role: string } | { name: 'list' } | { name: 'disable'; email: string };

await runCommand({ usage: USAGE, read: readCommand, run: carryOut, inWords });

async function carryOut(command: Command, db: Db, env: Store['env']): Promise<void> {
  if (command.name === 'invite') await inviteByMail(db, env, command);
  else if (command.name === 'disable') await disable(db, env, command.email);
  else await list(db);
}

async function inviteByMail(
  db: Db,
  env: Store['env'],
  { email, role }: { email: string; role: string },
): Promise<void> {
  const { AUTH_SECRET: secret, SITE_URL: site } = env;
  if (!secret) throw new Error('Set AUTH_SECRET to the one that the shop runs with.');
  if (!site) throw new Error('Set SITE_URL to the address that the shop is reached at.');
  const roles = await db.select().from(staffRoles).orderBy(asc(staffRoles.id));
  const title = roles.find(({ id }) => id === role)?.title;
  if (title === undefined) {
    throw new Error(`There is no role "${role}". There are: ${roles.map(({ id }) => id).join(', ')}.`);
  }
  const invitation = await invite(db, deedOf('staff.invited'), PERMISSIONS, { email, roleId: role });
  const isOnItsWay = await askForDelivery(env);
  const letter = isOnItsWay ? 'The letter is on its way.' : 'The letter is sent when the shop next sweeps its outbox.';
  console.error(`${email} is invited as ${title}, until ${invitation.expiresAt.slice(0, 10)}. ${letter} Its link:`);
  console.info(linkUrl(secret, site, INVITATION_PAGE, invitation.id));
}

async function disable(db: Db, env: Store['env'], email: string): Promise<void> {
  const [member] = await db
    .select({ accountId: staffMembers.accountId })
    .from(staffMembers)
    .innerJoin(accounts, eq(accounts.id, staffMembers.accountId))
    .where(sql`lower(${accounts.email}) = lower(${email})`);
  if (!member) throw new Error(`Nobody of the staff has the address ${email}.`);
  const { apiKeys } = await changeMember(db, deedOf('staff.disabled'), PERMISSIONS, { ...member, disabled: true });
  await askForDelivery(env);
  console.error(`${email} is disabled and signed out everywhere.`);
  if (apiKeys.length === 0) return;
  console.error('They made these keys, which still work, and may know them: revoke them if so.');
  for (const { start, title } of apiKeys) console.info(`${start}…  ${title}`);
}

async function list(db: Db): Promise<void> {
  const members = await db
    .select({
      email: accounts.email,
      role: staffMembers.roleId,
      factors: FACTORS,
      disabledAt: staffMembers.disabledAt,
    })
    .from(staffMembers)
    .innerJoin(accounts, eq(accounts.id, staffMembers.accountId))
    .orderBy(asc(staffMembers.createdAt), asc(staffMembers.accountId));
  if (members.length === 0) {
    console.error('Nobody is of the staff yet. Begin with: npm run staff -- invite EMAIL --role owner');
  }
  for (const { email, role, factors, disabledAt } of members) {
    const inWords = factors.map((factor) => FACTOR_NAMES[factor]).join(', ');
    const state = disabledAt ? 'disabled' : inWords || 'no second factor yet';
    console.info([email, role, state].join('\t'));
  }
}

function readCommand(args: string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { role: { type: 'string' } },
    });
    const [name, email, ...more] = positionals;
    if (more.length > 0) return null;
    if (name === 'list' && email === undefined && values.role === undefined) return { name };
    if (email === undefined) return null;
    if (name === 'invite' && values.role !== undefined) return { name, email: addressOf(email), role: values.role };
    if (name === 'disable' && values.role === undefined) return { name, email: addressOf(email) };
    return null;
  } catch (error) {
    console.error(`${(error as Error).message}\n`);
    return null;
  }
}

function addressOf(text: string): string {
  const { success, output } = v.safeParse(EmailInput, text);
  if (!success) throw new Error(`"${text}" is not an email address.`);
  return output;
}

function deedOf(action: string): Deed {
  return { actor: { kind: 'command' }, requestId: null, action, resource: 'settings' };
}

/** Never a statement's parameters, which may be personal. */
function inWords(error: unknown): string {
  const fault = databaseFault(error);
  if (fault?.sqlState === '42P01') {
    return 'The database does not have the tables of the store yet. Migrate it first: npx tsx db/migrate.ts';
  }
  if (fault?.sqlState === null) return `The database does not answer (${fault.message.slice(0, 300)}).`;
  return error instanceof Error && !fault ? error.message : describeError(error);
}
