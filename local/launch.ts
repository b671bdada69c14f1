import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBuilt, noteBuild } from './build';
import { type Child, runChild, startChild, stopChild } from './children';
import { readEnvironment } from './env-files';
import { isPortFree, parsePort } from './ports';

export interface LaunchOptions {
  root: string;
  /** `start` serves a build, `dev` the sources, `platform` nothing: it leaves the shop to whoever runs Next. */
  mode: 'start' | 'dev' | 'platform';
  step<Result>(title: string, work: () => Promise<Result>): Promise<Result>;
}

const READY_WITHIN_MS = 180_000;

/**
 * Brings the store up and stays until it is stopped. Whatever ends it (Ctrl-C, a signal, the end of one of its parts,
 * even its own kill) ends every process that it has started.
 */
export async function launch({ root, mode, step }: LaunchOptions): Promise<void> {
  const nodeEnv = mode === 'dev' ? 'development' : 'production';
  const environment: NodeJS.ProcessEnv = { NEXT_TELEMETRY_DISABLED: '1', ...readEnvironment(root, nodeEnv) };
  const port = parsePort('PORT', environment.PORT, 3000);
  const dataDir = resolve(root, environment.DATA_DIR || '.data');
  const distDir = resolve(root, environment.NEXT_DIST_DIR || '.next');
  const next = resolve(root, 'node_modules/next/dist/bin/next');
  const tsx = ['--import', 'tsx'];

  const children = new Set<Child>();
  let leaving = false;
  async function leave(code: number, reason = ''): Promise<never> {
    if (!leaving) {
      leaving = true;
      if (reason) console.error(`\n${reason}`);
      // The shop first: it still speaks to the platform while it finishes.
      for (const child of [...children].reverse()) await stopChild(child);
      process.exit(code);
    }
    return new Promise(() => {});
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(0));
  leaveWithNpm(() => void leave(1));

  const run = (name: string, args: string[], env: NodeJS.ProcessEnv) =>
    runChild({ name, args, cwd: root, env }, children);

  /** Starts a process that has to stay: its end is the end of all. */
  function stay(options: Omit<Parameters<typeof startChild>[0], 'cwd'>): Child {
    const child = startChild({ ...options, cwd: root });
    children.add(child);
    void child.ended.then(({ reason }) => {
      // It stays among the children: workers of its own may have outlived it.
      return leave(1, `${leaving ? '' : child.output()}\n\n${child.name} has stopped (${reason}).`.trim());
    });
    return child;
  }

  try {
    if (mode !== 'platform' && !(await isPortFree(port)))
      throw new Error(
        `Port ${port} is taken. Stop what listens there, or choose another: PORT=${port + 100} npm ${mode === 'dev' ? 'run dev' : 'start'}`,
      );

    if (mode === 'start') {
      const build = { root, dataDir, distDir, env: environment };
      await step('Building the shop', async () => {
        if (await isBuilt(build)) return 'nothing has changed';
        await run('The build', [next, 'build'], { ...environment, NODE_ENV: nodeEnv });
        await noteBuild(build);
        return '';
      });
    }

    const { DATABASE_URL, NEON_FETCH_ENDPOINT } = environment;
    if (DATABASE_URL && !NEON_FETCH_ENDPOINT && !/\.neon\.tech$/.test(hostOf(DATABASE_URL)))
      console.warn(
        'DATABASE_URL does not look like a Neon database, and the shop speaks no other protocol. ' +
          'For a plain PostgreSQL set POSTGRES_URL instead, and leave DATABASE_URL out.',
      );

    let showsOutput = false;
    const show = (text: string) => showsOutput && process.stdout.write(text);
    const platform = await step('Starting the local platform', async () => {
      const child = stay({
        name: 'The local platform',
        args: [...tsx, 'local/main.ts'],
        env: { ...environment, PORT: String(port) },
        unleashed: true,
        onOutput: show,
      });
      const [message] = await once(child.process, 'message');
      return message as { url: string; env: Record<string, string> };
    });
    const env: NodeJS.ProcessEnv = { ...environment, ...platform.env, PORT: String(port), NODE_ENV: nodeEnv };
    await step('Migrating the database', () => run('The migration', [...tsx, 'db/migrate.ts'], env).then(lastLine));
    await step('Filling an empty catalog', () => run('The seed', [...tsx, 'db/seed.ts'], env).then(lastLine));

    if (mode !== 'platform') {
      await step('Opening the shop', async () => {
        stay({
          name: 'The shop',
          args: [next, mode, '-p', String(port)],
          env,
          onOutput: show,
        });
        await waitUntilReady(`http://localhost:${port}/api/health`);
      });
    }
    showsOutput = true;
    console.info(
      banner({ port, mode, platformUrl: platform.url, dataDir: relative(root, dataDir) || dataDir, env: environment }),
    );
  } catch (error) {
    await leave(1, error instanceof Error ? error.message : String(error));
  }
}

/** npm may be killed without a word to what it runs; whoever stops `npm start` means the store. */
function leaveWithNpm(leave: () => void): void {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return;
  const npm = findNpm();
  const parent = process.ppid;
  const isGone = () => {
    try {
      process.kill(npm, 0);
      return process.ppid !== parent;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH';
    }
  };
  setInterval(() => isGone() && leave(), 1_000).unref();
}

/** Some shells replace themselves with the one command that npm gives them; others stay between it and npm. */
function findNpm(): number {
  try {
    const found = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], { encoding: 'utf8' });
    const [, grandparent, name] = /^\s*(\d+)\s+(.*)$/m.exec(found) ?? [];
    return /(^|[/-])(ba|da|z|k)?sh$/.test(name?.trim() ?? '') ? Number(grandparent) : process.ppid;
  } catch {
    return process.ppid;
  }
}

async function waitUntilReady(url: string): Promise<void> {
  let last = 'nothing';
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; await sleep(150)) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
      const body = await response.text();
      if (response.ok) return;
      last = `${response.status} ${body.slice(0, 2000)}`;
    } catch (error) {
      last = (error as Error).message;
    }
  }
  throw new Error(`The shop did not become ready. ${url} answered last: ${last}`);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/** What a command has to say for itself, in the one line that fits beside its title. */
function lastLine(output: string): string {
  return output.split('\n').at(-1)?.trim().slice(0, 100) ?? '';
}

function banner({
  port,
  mode,
  platformUrl,
  dataDir,
  env,
}: {
  port: number;
  mode: LaunchOptions['mode'];
  platformUrl: string;
  dataDir: string;
  env: NodeJS.ProcessEnv;
}): string {
  const real = Object.entries({
    DATABASE_URL: 'your own (DATABASE_URL)',
    POSTGRES_URL: 'your Postgres (POSTGRES_URL)',
    KV_REST_API_URL: 'your own KV (KV_REST_API_URL)',
    REDIS_URL: 'your Redis (REDIS_URL)',
  }).filter(([name]) => env[name]);
  const rows = [
    mode === 'platform'
      ? ['Shop', `run it yourself: npm run with -- next dev -p ${port}`]
      : ['Shop', `http://localhost:${port}`],
    ['Mailbox', `${platformUrl}/mailbox`],
    ['Test cards', `${platformUrl}/payments/cards`],
    [
      'Data',
      `${dataDir}${real.length > 0 ? `, and ${real.map(([, words]) => words).join(', ')}` : ''} (kept; delete the folder to begin anew)`,
    ],
  ];
  const lines = rows.map(([label, value]) => `  ${label?.padEnd(11)} ${value}`);
  return `\n  ${mode === 'platform' ? 'The local platform is up.' : 'Selvedge is open.'}\n\n${lines.join('\n')}\n\n  Stop with Ctrl-C.\n`;
}
