import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';

/** What one statement takes out at most. */
const BITE = 1_000;

/**
 * Deletes what is past its time, in bites, until nothing is left or 20 seconds are over. `bite` is a `delete` of at most
 * `limit` rows. The clock may come once a day, and strangers fill some tables: one bite would never catch up with them.
 */
export async function prune(db: Db, bite: (limit: number) => SQL, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  let taken: number;
  do {
    const { rows } = await db.execute<{ count: number }>(sql`
      with gone as (${bite(BITE)} returning 1) select count(*)::int as count from gone`);
    taken = rows[0]!.count;
  } while (taken === BITE && performance.now() < deadline);
}
