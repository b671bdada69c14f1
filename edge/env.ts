import * as v from 'valibot';

const url = v.pipe(v.string('is not set'), v.url('is not a URL'));
const secret = v.pipe(v.string('is not set'), v.minLength(32, 'is shorter than 32 characters'));

const EdgeEnv = v.object(
  {
    DATABASE_URL: url,
    NEON_FETCH_ENDPOINT: v.optional(url),
    KV_REST_API_URL: url,
    KV_REST_API_TOKEN: v.pipe(v.string('is not set'), v.minLength(1, 'is empty')),
    AUTH_SECRET: secret,
    SITE_URL: v.optional(url),
  },
  'is not set',
);

export type EdgeEnv = v.InferOutput<typeof EdgeEnv>;

let parsed: EdgeEnv | undefined;

/**
 * The environment of the edge, parsed at the first request and never at module load: a first deploy builds without any.
 * Throws one error that lists every fault at once.
 */
export function edgeEnv(): EdgeEnv {
  parsed ??= parseEnv(EdgeEnv, {
    // Named one by one: a bundler only carries over the variables that it sees.
    DATABASE_URL: process.env.DATABASE_URL,
    NEON_FETCH_ENDPOINT: process.env.NEON_FETCH_ENDPOINT,
    KV_REST_API_URL: process.env.KV_REST_API_URL,
    KV_REST_API_TOKEN: process.env.KV_REST_API_TOKEN,
    AUTH_SECRET: process.env.AUTH_SECRET,
    SITE_URL: siteUrl(),
  });
  return parsed;
}

/** Where shoppers reach the shop: what `SITE_URL` says, else the address that Vercel gave the project. */
export function siteUrl(): string | undefined {
  const host = process.env.VERCEL_PROJECT_PRODUCTION_URL;
  return process.env.SITE_URL || (host ? `https://${host}` : undefined);
}

/** Parses environment variables by a schema; the error names every faulty variable and says how to mend it. */
export function parseEnv<Schema extends v.GenericSchema>(
  schema: Schema,
  source: Record<string, string | undefined>,
): v.InferOutput<Schema> {
  // An empty variable in a dashboard or an .env file means that it is not set.
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const result = v.safeParse(schema, present);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `  ${v.getDotPath(issue)} ${issue.message}`);
  throw new Error(`These environment variables need attention (see .env.example):\n${faults.join('\n')}`);
}
