import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Handler, sendJson } from './http';
import { openKv } from './kv';
import { lockFolder } from './lock';
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
};

export type Platform = {
  /** The variables through which the app finds the platform. */
  env: Record<string, string>;
  url: string;
  /** HTTP requests answered so far. */
  counters: { sql: number; kv: number };
  close(): Promise<void>;
};

/** Starts the one machine that answers as Neon, Upstash and the other services. Throws if `dataDir` is in use. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dataDir, postgresUrl, redisUrl, siteUrl = 'http://localhost:3000' } = options;
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
    const kvToken = secret('kv');

    const [sql, kv] = await Promise.all([
      openSql({ dataDir, postgresUrl, connectionString: databaseUrl }).then((opened) => {
        closers.push(opened.close);
        return opened;
      }),
      openKv({ dataDir, redisUrl, token: kvToken }).then((opened) => {
        closers.push(opened.close);
        return opened;
      }),
    ]);

    // The longest prefix first would matter only if one were the start of another; none is.
    const mounts: [prefix: string, handle: Handler, counter?: 'sql' | 'kv'][] = [
      ['/kv', kv.handle, 'kv'],
      ['/sql', sql.handle, 'sql'],
    ];

    const answer: RequestListener = (request, response) => {
      const url = request.url ?? '/';
      const mount = mounts.find(([prefix]) => url.startsWith(prefix) && /^[/?]?$/.test(url.charAt(prefix.length)));
      if (!mount) return sendJson(response, 404, '{"error":"not found"}');
      const [, handle, counter] = mount;
      if (counter) counters[counter] += 1;
      Promise.resolve(handle(request, response)).catch((error: unknown) => {
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
    const env = {
      DATABASE_URL: databaseUrl,
      NEON_FETCH_ENDPOINT: `${url}/sql`,
      KV_REST_API_URL: `${url}/kv`,
      KV_REST_API_TOKEN: kvToken,
      AUTH_SECRET: secret('auth'),
      CRON_SECRET: secret('cron'),
      SITE_URL: siteUrl,
      MAIL_FROM: 'Selvedge <shop@selvedge.example>',
    };
    if (dataDir !== null) {
      const file = join(dataDir, 'local.json');
      writeFileSync(file, JSON.stringify({ pid: process.pid, env }, null, 2), { mode: 0o600 });
      chmodSync(file, 0o600);
      closers.push(() => rmSync(file, { force: true }));
    }
    return { env, url, counters, close };
  } catch (error) {
    await close();
    throw error;
  }
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
