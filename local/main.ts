import { resolve } from 'node:path';
import { APP_VARIABLES } from './env-files';
import { startPlatform } from './platform';
import { nextFreePort, parsePort } from './ports';

// The local machine as a process of its own. The launcher starts it, hears from it what the app needs to know, and
// stops it; where the launcher is killed, the channel closes and this process takes its leave in order.
const { PORT, LOCAL_PORT, DATA_DIR, POSTGRES_URL, REDIS_URL } = process.env;
const shopPort = parsePort('PORT', PORT, 3000);
const port = await nextFreePort(parsePort('LOCAL_PORT', LOCAL_PORT, shopPort + 1), [shopPort]);
const smtpPort = await nextFreePort(port + 1, [shopPort]);

try {
  const platform = await startPlatform({
    dataDir: resolve(DATA_DIR || '.data'),
    port,
    smtpPort,
    siteUrl: `http://localhost:${shopPort}`,
    postgresUrl: POSTGRES_URL || undefined,
    redisUrl: REDIS_URL || undefined,
    cronFile: resolve('vercel.json'),
    given: Object.fromEntries(APP_VARIABLES.map((name) => [name, process.env[name]])),
  });

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 5_000).unref();
    await platform.close();
    process.exit(0);
  };
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(event, () => void stop());

  process.send?.({ url: platform.url, env: platform.env });
  if (process.send && !process.connected) await stop();
  void platform.catchUpCron();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
