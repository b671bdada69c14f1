import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** The variables through which the app finds its services. Those that somebody sets win over the local machine's. */
export const APP_VARIABLES = [
  'DATABASE_URL',
  'NEON_FETCH_ENDPOINT',
  'KV_REST_API_URL',
  'KV_REST_API_TOKEN',
  'AUTH_SECRET',
  'CRON_SECRET',
  'SITE_URL',
  'MAIL_URL',
  'MAIL_FROM',
  'LOCAL_PAYMENTS_URL',
  'LOCAL_PAYMENTS_SECRET_KEY',
  'LOCAL_PAYMENTS_WEBHOOK_SECRET',
] as const;

/** The environment with what the .env files add to it, in the order in which Next reads them; the environment wins. */
export function readEnvironment(
  root: string,
  nodeEnv: 'development' | 'production',
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const merged: NodeJS.ProcessEnv = { ...environment };
  for (const name of [`.env.${nodeEnv}.local`, '.env.local', `.env.${nodeEnv}`, '.env']) {
    const file = join(root, name);
    if (!existsSync(file)) continue;
    for (const [variable, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) merged[variable] ??= value;
  }
  return merged;
}
