import * as v from 'valibot';
import { parseEnv, siteUrl } from '@/edge/env';

const url = v.pipe(v.string('is not set'), v.url('is not a URL'));
const secret = v.pipe(v.string('is not set'), v.minLength(16, 'is shorter than 16 characters'));

const NodeEnv = v.object(
  {
    SITE_URL: url,
    CRON_SECRET: secret,
    // Needed by letters alone: a shop that was deployed a minute ago has its cron run without them.
    MAIL_URL: v.optional(url),
    MAIL_FROM: v.optional(v.pipe(v.string(), v.regex(/^[^\r\n]*@[^\r\n]*$/, 'is not a mail address'))),
    // The provider for test cards: offered where all three are set.
    LOCAL_PAYMENTS_URL: v.optional(url),
    LOCAL_PAYMENTS_SECRET_KEY: v.optional(v.string()),
    LOCAL_PAYMENTS_WEBHOOK_SECRET: v.optional(secret),
  },
  'is not set',
);

export type NodeEnv = v.InferOutput<typeof NodeEnv>;

let parsed: NodeEnv | undefined;

/** What Node needs beyond the edge's variables, parsed at first need. Throws one error that lists every fault at once. */
export function nodeEnv(): NodeEnv {
  parsed ??= parseEnv(NodeEnv, {
    SITE_URL: siteUrl(),
    CRON_SECRET: process.env.CRON_SECRET,
    MAIL_URL: process.env.MAIL_URL,
    MAIL_FROM: process.env.MAIL_FROM,
    LOCAL_PAYMENTS_URL: process.env.LOCAL_PAYMENTS_URL,
    LOCAL_PAYMENTS_SECRET_KEY: process.env.LOCAL_PAYMENTS_SECRET_KEY,
    LOCAL_PAYMENTS_WEBHOOK_SECRET: process.env.LOCAL_PAYMENTS_WEBHOOK_SECRET,
  });
  return parsed;
}
