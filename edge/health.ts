import { sql } from 'drizzle-orm';
import { operation } from './http';
import { within } from './within';

export interface Probe {
  status: 'ok' | 'failed';
  ms: number;
}

/** What a probe may take; the answer is due while the caller still waits for it. */
const PROBE_TIMEOUT_MS = 2_000;

/** 200 where KV and the database answer, 503 and which of them does not otherwise. Takes at most two seconds. */
export const getHealth = operation({ method: 'GET', path: '/api/health' }, async ({ kv, db }) => {
  const [kvProbe, dbProbe] = await Promise.all([
    probe(() => kv.ping()),
    probe(async () => void (await db.execute(sql`select 1`))),
  ]);
  const healthy = kvProbe.status === 'ok' && dbProbe.status === 'ok';
  return { status: healthy ? 200 : 503, body: { status: healthy ? 'ok' : 'degraded', kv: kvProbe, db: dbProbe } };
});

async function probe(call: () => Promise<void>): Promise<Probe> {
  const start = performance.now();
  // What went wrong is for the log of whoever runs it, not for the public.
  const answered = call().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  const status = (await within(PROBE_TIMEOUT_MS, answered)) ?? 'failed';
  return { status, ms: Math.round((performance.now() - start) * 10) / 10 };
}
