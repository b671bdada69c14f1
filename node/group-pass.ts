/**
 * `npm run group-pass -- GROUP [--days 90]`: makes a pass by which whoever holds it shops at a customer group's prices.
 * The pass alone goes to the standard output. Ends with 1 where none could be made.
 */
import { parseArgs } from 'node:util';
import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { customerGroups } from '@/db/schema';
import { issueGroupPass } from '@/edge/group-pass';
import { runCommand } from './command';

const USAGE = `Usage: npm run group-pass -- GROUP [options]

  --days 90   how long it holds, from 1 to 3650 days
`;

await runCommand({
  usage: USAGE,
  read: readCommand,
  run: (command, db, { AUTH_SECRET }) => makePass(db, command, AUTH_SECRET),
});

interface Command {
  group: string;
  days: number;
}

async function makePass(db: Db, { group, days }: Command, secret: string | undefined): Promise<void> {
  const groups = await db.select({ id: customerGroups.id }).from(customerGroups).where(eq(customerGroups.id, group));
  if (groups.length === 0) throw new Error(`The shop has no customer group "${group}".`);
  if (!secret) throw new Error('Set AUTH_SECRET to the one that the shop runs with.');
  console.info(await issueGroupPass(group, days, { secret, now: new Date() }));
}

function readCommand(args: string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { days: { type: 'string', default: '90' } },
    });
    const [group] = positionals;
    const days = Number(values.days);
    if (group === undefined || positionals.length > 1) return null;
    if (!Number.isInteger(days) || days < 1 || days > 3650) return null;
    return { group, days };
  } catch (error) {
    console.error(`${(error as Error).message}\n`);
    return null;
  }
}
