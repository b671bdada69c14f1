/**
 * `npm run group-pass -- GROUP [--days 90]`: makes a pass by which whoever holds it shops at a customer group's prices.
 * The pass alone goes to the standard output. Ends with 1 where none could be made.
 */
import { parseArgs } from 'node:util';
import { eq } from 'drizzle-orm';
import { createDb } from '@/db/client';
import { customerGroups } from '@/db/schema';
import { issueGroupPass } from '@/edge/group-pass';
import { openStore } from './import/store';

const USAGE = `Usage: npm run group-pass -- GROUP [options]

  --days 90   how long it holds, from 1 to 3650 days
`;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  if (command === null) {
    console.error(USAGE);
    return 1;
  }
  const store = await openStore(() =>
    console.error('No store is running here: starting its database for this command.'),
  );
  try {
    const db = createDb({ url: store.env.DATABASE_URL ?? '', fetchEndpoint: store.env.NEON_FETCH_ENDPOINT });
    const groups = await db
      .select({ id: customerGroups.id })
      .from(customerGroups)
      .where(eq(customerGroups.id, command.group));
    if (groups.length === 0) throw new Error(`The shop has no customer group "${command.group}".`);
    const secret = store.env.AUTH_SECRET;
    if (!secret) throw new Error('Set AUTH_SECRET to the one that the shop runs with.');
    console.info(await issueGroupPass(command.group, command.days, { secret, now: new Date() }));
    return 0;
  } finally {
    await store.close();
  }
}

function readCommand(args: string[]): { group: string; days: number } | null {
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
