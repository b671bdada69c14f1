import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isPortFree, nextFreePort } from '@/local/ports';

vi.setConfig({ testTimeout: 120_000 });

const repository = fileURLToPath(new URL('../..', import.meta.url));

// Stands in for Next: builds by writing a build id, serves its environment, and has a worker, as `next dev` does.
const NEXT = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const [command, , port] = process.argv.slice(2);
appendFileSync('next.log', command + '\\n');
if (command === 'build') {
  mkdirSync('.next', { recursive: true });
  writeFileSync('.next/BUILD_ID', String(Math.random()));
} else {
  const worker = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  require('node:http').createServer((request, response) => {
    if (request.url === '/break') process.exit(3);
    response.end(JSON.stringify({ pids: [process.pid, worker.pid], env: process.env }));
  }).listen(Number(port));
}
`;

let root: string;
let port: number;
let launcher: ChildProcess;
let output: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'launch-'));
  port = await nextFreePort(42_000 + Math.floor(Math.random() * 1000));
  await file('node_modules/next/dist/bin/next', NEXT);
  await file('package.json', '{}');
  await file('app/page.tsx', 'one');
  await file('db/migrate.ts', "console.log('migrated', process.env.NEON_FETCH_ENDPOINT ?? 'elsewhere')");
  await file('db/seed.ts', "console.log('seeded')");
  await symlink(join(repository, 'node_modules/tsx'), join(root, 'node_modules/tsx'));
  await symlink(join(repository, 'local'), join(root, 'local'));
});

afterEach(async () => {
  if (launcher?.exitCode === null && launcher.signalCode === null) {
    launcher.kill('SIGTERM');
    await ended();
  }
  await rm(root, { recursive: true, force: true });
});

async function file(name: string, content: string): Promise<void> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

function start(mode = 'start', env: Record<string, string> = {}): void {
  output = '';
  launcher = spawn(
    process.execPath,
    ['--import', 'tsx', join(repository, 'tests/local/launch-process.ts'), root, mode],
    {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        NODE_ENV: 'test',
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        PORT: String(port),
        // Named, so that no embedded database has to be made for each test.
        DATABASE_URL: 'postgresql://me:pw@ep-x.neon.tech/shop',
        ...env,
      },
    },
  );
  launcher.stdout?.on('data', (chunk) => (output += chunk));
  launcher.stderr?.on('data', (chunk) => (output += chunk));
}

function ended(): Promise<number | null> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return Promise.resolve(launcher.exitCode);
  return new Promise((resolve) => launcher.once('close', (code) => resolve(code)));
}

async function isOpen(): Promise<void> {
  await vi.waitFor(() => expect(output).toContain('Stop with Ctrl-C'), { timeout: 60_000, interval: 50 });
}

async function shop(): Promise<{ pids: number[]; env: Record<string, string> }> {
  return (await (await fetch(`http://localhost:${port}/api/health`)).json()) as never;
}

async function everyProcess(): Promise<number[]> {
  const { pid } = JSON.parse(await readFile(join(root, '.data/local.json'), 'utf8'));
  return [pid, ...(await shop()).pids];
}

function living(pids: number[]): number[] {
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}

/** A process that has been killed is still there for a moment. */
async function areGone(pids: number[]): Promise<void> {
  await vi.waitFor(() => expect(living(pids)).toEqual([]), { timeout: 5_000 });
}

describe('npm start', () => {
  it('builds, migrates, seeds and opens the shop with what it needs to know, and says where everything is', async () => {
    start();
    await isOpen();
    expect(output).toMatch(/Building the shop: \n.*platform.*\n.*migrated elsewhere\n.*seeded\nOpening the shop/);
    expect(output).toContain(`http://localhost:${port}`);
    const { env } = await shop();
    const local = JSON.parse(await readFile(join(root, '.data/local.json'), 'utf8'));
    expect(env).toMatchObject({ ...local.env, NODE_ENV: 'production', PORT: String(port) });
    expect(output).toContain(`${local.env.LOCAL_PAYMENTS_URL}/cards`);
    expect(output).toContain(`${new URL('/mailbox', local.env.LOCAL_PAYMENTS_URL)}`);
    for (const secret of ['AUTH_SECRET', 'CRON_SECRET', 'LOCAL_PAYMENTS_SECRET_KEY'])
      expect(output).not.toContain(local.env[secret]);
  });

  it('builds again only when a source has changed', async () => {
    const builds = async () => (await readFile(join(root, 'next.log'), 'utf8')).match(/build/g)?.length;
    for (const [change, expected] of [
      [null, 1],
      [['notes.txt', 'a log in the root is no source'], 1],
      [['app/page.tsx', 'two'], 2],
    ] as const) {
      if (change) await file(change[0], change[1]);
      start();
      await isOpen();
      expect(await builds()).toBe(expected);
      launcher.kill('SIGINT');
      await ended();
    }
    // Built pages hold data, so new data needs a new build.
    await rm(join(root, '.data'), { recursive: true });
    start();
    await isOpen();
    expect(await builds()).toBe(3);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing running after %s', async (signal) => {
    start();
    await isOpen();
    const pids = await everyProcess();
    expect(living(pids)).toHaveLength(3);
    launcher.kill(signal);
    expect(await ended()).toBe(0);
    await areGone(pids);
    expect(existsSync(join(root, '.data/local.json'))).toBe(false);
  });

  it('leaves nothing running where it is killed itself, without a chance to clean up', async () => {
    start();
    await isOpen();
    const pids = await everyProcess();
    launcher.kill('SIGKILL');
    await areGone(pids);
    expect(await isPortFree(port)).toBe(true);
  });

  it('stops everything and says why when the shop dies', async () => {
    start();
    await isOpen();
    const pids = await everyProcess();
    await fetch(`http://localhost:${port}/break`).catch(() => null);
    expect(await ended()).toBe(1);
    expect(output).toContain('The shop has stopped (exit code 3).');
    await areGone(pids);
  });

  it('stops everything and says why when the platform dies', async () => {
    start();
    await isOpen();
    const [platform, ...others] = await everyProcess();
    process.kill(platform!, 'SIGKILL');
    expect(await ended()).toBe(1);
    expect(output).toContain('The local platform has stopped (SIGKILL).');
    await areGone(others);
  });

  it('names a port that is taken, before it builds anything', async () => {
    const holder = createServer().listen(port, '127.0.0.1');
    start();
    expect(await ended()).toBe(1);
    expect(output).toContain(`Port ${port} is taken.`);
    expect(existsSync(join(root, 'next.log'))).toBe(false);
    holder.close();
  });

  it('shows what a failed command said, and leaves nothing running', async () => {
    await file('db/migrate.ts', "console.error('relation is bent'); process.exit(1)");
    start();
    expect(await ended()).toBe(1);
    expect(output).toMatch(/relation is bent\n\nThe migration failed \(exit code 1\)\./);
    expect(existsSync(join(root, '.data/local.json'))).toBe(false);
    expect(await isPortFree(port)).toBe(true);
  });

  it('takes what .env files say, and the environment before them', async () => {
    await file('.env', `SITE_URL=https://from.env\nMAIL_FROM="The mill <mill@from.env>"\nPORT=1`);
    await file('.env.production.local', 'SITE_URL=https://from.local');
    start('start', { MAIL_FROM: 'me@here' });
    await isOpen();
    expect((await shop()).env).toMatchObject({ SITE_URL: 'https://from.local', MAIL_FROM: 'me@here' });
  });
});

describe('a database of somebody’s own', () => {
  it('is used without a word where it is Neon’s, and doubted where it does not look like it', async () => {
    start();
    await isOpen();
    expect(output).not.toContain('DATABASE_URL does not look');
    launcher.kill('SIGTERM');
    await ended();
    start('platform', { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:5432/shop' });
    await isOpen();
    expect(output).toContain('set POSTGRES_URL instead');
    expect(output).not.toContain('hunter2');
  });
});

describe('its sisters', () => {
  it('npm run dev serves the sources without a build', async () => {
    start('dev');
    await isOpen();
    expect(await readFile(join(root, 'next.log'), 'utf8')).toBe('dev\n');
    expect((await shop()).env.NODE_ENV).toBe('development');
  });

  it('npm run platform leaves the shop to others, who get its environment by npm run with', async () => {
    start('platform');
    await isOpen();
    expect(existsSync(join(root, 'next.log'))).toBe(false);
    const child = spawn(
      process.execPath,
      [join(repository, 'local/with-env.mjs'), process.execPath, '-p', 'process.env.SITE_URL'],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    await new Promise((resolve) => child.once('close', resolve));
    expect(said.trim()).toBe(`http://localhost:${port}`);
  });
});
