import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CronClock, openCron } from './cron';
import { type Handler, sendJson } from './http';
import { openKv } from './kv';
import { lockFolder } from './lock';
import { openMailbox } from './mailbox';
import { overviewPage } from './overview';
import { toHandler } from './pages';
import { openPayments } from './payments';
import { openSql } from './sql';

export type PlatformOptions = {
  /** The folder for everything that must last; null keeps all of it in memory. */
  dataDir: string | null;
  /** The port of the platform itself; 0 or nothing takes any free one. */
  port?: number | undefined;
  /** Where the shop answers. */
  siteUrl?: string | undefined;
  /** A real Postgres to stand behind `/sql` instead of PGlite. */
  postgresUrl?: string | undefined;
  /** A real Redis to stand behind `/kv` instead of the embedded store; its database number keeps it apart. */
  redisUrl?: string | undefined;
  /** The port of the mailbox; 0 or nothing takes any free one. */
  smtpPort?: number | undefined;
  /** The `vercel.json` whose jobs are called on their schedules; none where it is not named. */
  cronFile?: string | undefined;
  /** How long the payment card `late` keeps one waiting. */
  latePaymentMs?: number | undefined;
  /** Variables that somebody has set. They win, one by one; a real database or KV that they name is not stood in for. */
  given?: Record<string, string | undefined>;
};

export type Platform = {
  /** The variables through which the app finds the platform. */
  env: Record<string, string>;
  url: string;
  /** HTTP requests answered so far. */
  counters: { sql: number; kv: number };
  /** Runs every job of cron once, as soon as the shop answers. */
  catchUpCron: CronClock['catchUp'];
  close(): Promise<void>;
};

/** Starts the one machine that answers as Neon, Upstash and the other services. Throws if `dataDir` is in use. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dataDir, postgresUrl, redisUrl, siteUrl = 'http://localhost:3000', given = {} } = options;
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true });
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };

  try {
    if (dataDir !== null) closers.push(lockFolder(dataDir));
    const secret = openSecrets(dataDir);
    const counters = { sql: 0, kv: 0 };
    const databaseUrl = `postgresql://selvedge:${secret('database')}@localhost/selvedge`;
    const kvToken = given.KV_REST_API_TOKEN || secret('kv');
    const cronSecret = given.CRON_SECRET || secret('cron');
    const paymentsKey = given.LOCAL_PAYMENTS_SECRET_KEY || secret('payments');
    // The prefix says that the rest is base64 in its first alphabet, as the Standard Webhooks specification has it.
    const webhookKey = Buffer.from(secret('webhooks'), 'base64url').toString('base64');
    const webhookSecret = given.LOCAL_PAYMENTS_WEBHOOK_SECRET || `whsec_${webhookKey}`;

    const keep = <Opened extends { close(): unknown }>(opened: Opened): Opened => {
      closers.push(opened.close);
      return opened;
    };
    const parts = [
      given.DATABASE_URL ? null : openSql({ dataDir, postgresUrl, connectionString: databaseUrl }).then(keep),
      given.KV_REST_API_URL ? null : openKv({ dataDir, redisUrl, token: kvToken }).then(keep),
      openMailbox({ dataDir, smtpPort: options.smtpPort, siteUrl }).then(keep),
      openPayments({
        dataDir,
        siteUrl,
        secretKey: paymentsKey,
        webhookSecret,
        lateMs: options.latePaymentMs,
      }).then(keep),
      openCron({ siteUrl, secret: cronSecret, configFile: options.cronFile }).then(keep),
    ] as const;
    // Where one does not start, the others must have, to be closed again.
    await Promise.allSettled(parts);
    const [sql, kv, mailbox, payments, cron] = await Promise.all(parts);

    // The longest prefix first would matter only if one were the start of another; none is.
    const mounts: (readonly [prefix: string, handle: Handler, counter?: 'sql' | 'kv'])[] = [
      ...(kv ? [['/kv', kv.handle, 'kv'] as const] : []),
      ...(sql ? [['/sql', sql.handle, 'sql'] as const] : []),
      ['/mailbox', toHandler(mailbox.handle)],
      ['/payments', toHandler(payments.handle)],
      ['/cron', toHandler(cron.handle)],
      ['/', toHandler(async () => overviewPage(siteUrl))],
    ];

    const answer: RequestListener = (request, response) => {
      const url = request.url ?? '/';
      const mount = mounts.find(([prefix]) => url.startsWith(prefix) && /^[/?]?$/.test(url.charAt(prefix.length)));
      if (!mount) return sendJson(response, 404, '{"error":"not found"}');
      const [, handle, counter] = mount;
      if (counter) counters[counter] += 1;
      Promise.resolve(handle(request, response)).catch((error: unknown) => {
        // A client that left in the middle of its request is no fault, and waits for no answer.
        if (request.destroyed && !request.complete) return;
        console.error(`${request.method} ${url.split('?')[0]} failed:`, error);
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, '{"message":"internal error","error":"internal error"}');
      });
    };
    // Clients keep their connections; closing an idle one under them would cost a retry or a failed request.
    const server = createServer({ keepAliveTimeout: 600_000, noDelay: true }, answer);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    closers.push(() => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });

    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const own = {
      ...(sql && { DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: `${url}/sql` }),
      ...(kv && { KV_REST_API_URL: `${url}/kv`, KV_REST_API_TOKEN: kvToken }),
      AUTH_SECRET: secret('auth'),
      CRON_SECRET: cronSecret,
      SITE_URL: siteUrl,
      MAIL_URL: mailbox.mailUrl,
      MAIL_FROM: 'Selvedge <shop@selvedge.example>',
      LOCAL_PAYMENTS_URL: `${url}/payments`,
      LOCAL_PAYMENTS_SECRET_KEY: paymentsKey,
      LOCAL_PAYMENTS_WEBHOOK_SECRET: webhookSecret,
    };
    const env = { ...own, ...Object.fromEntries(Object.entries(given).filter(isSet)) };
    if (dataDir !== null) {
      const file = join(dataDir, 'local.json');
      writeFileSync(file, JSON.stringify({ pid: process.pid, env }, null, 2), { mode: 0o600 });
      chmodSync(file, 0o600);
      closers.push(() => rmSync(file, { force: true }));
    }
    return { env, url, counters, catchUpCron: cron.catchUp, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function isSet(entry: [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined && entry[1] !== '';
}

/** Secrets made once for a data folder, so that sessions and tokens outlive a restart; fresh ones without a folder. */
function openSecrets(dataDir: string | null): (name: string) => string {
  const file = dataDir === null ? null : join(dataDir, 'secrets.json');
  let secrets: Record<string, string> = {};
  try {
    if (file !== null) secrets = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return (name) => {
    let secret = secrets[name];
    if (secret === undefined) {
      secret = randomBytes(32).toString('base64url');
      secrets[name] = secret;
      if (file !== null) writeFileSync(file, JSON.stringify(secrets, null, 2), { mode: 0o600 });
    }
    return secret;
  };
}
