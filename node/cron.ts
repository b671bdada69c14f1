import { CommerceError } from '@/commerce/error';
import { bearerOf } from '@/edge/bearer';
import { type Context, operation } from '@/edge/http';
import { pruneLinks } from './account-links';
import { drain } from './deliveries';
import { nodeEnv } from './env';
import { pruneIdempotencyKeys } from './idempotency';
import { pruneLoginFailures } from './login-failures';
import { pruneOutbox } from './outbox';
import { sweepPayments } from './payment-sweep';
import { isSameSecret } from './secrets';
import { pruneSessions } from './sessions';
import { pruneChallenges } from './webauthn';

/** What a run of a job did, and how much is left for the next. */
interface Run {
  processed: number;
  remaining: number;
}

/** Each job is a bounded bite that may run twice, and beside itself. */
const jobs: Record<string, (context: Context) => Promise<Run>> = {
  async outbox(context) {
    const run = await drain(context);
    await Promise.all([pruneOutbox(context.db), pruneIdempotencyKeys(context.db)]);
    return run;
  },
  async payments(context) {
    const run = await sweepPayments(context.db);
    // What was settled has its letters and refunds to send.
    await drain(context);
    return run;
  },
  /** Forgets what is past its time: links, sessions, challenges, failures at login. */
  async accounts({ db }) {
    await Promise.all([pruneLinks(db), pruneSessions(db), pruneChallenges(db), pruneLoginFailures(db)]);
    return { processed: 0, remaining: 0 };
  },
};

/** Runs a job for whoever shows `CRON_SECRET`: 401 otherwise, 404 for a job that is not there. */
export const cronOperation = operation({ method: 'GET', path: '/api/cron/{job}' }, async (context) => {
  if (!isSameSecret(bearerOf(context.request) ?? '', nodeEnv().CRON_SECRET)) {
    throw new CommerceError('unauthenticated', 'Send the secret of cron as a Bearer token.');
  }
  const name = context.params.job as string;
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined;
  if (!job) throw new CommerceError('not_found', 'There is no such job.');
  return { body: { job: name, ...(await job(context)) } };
});
