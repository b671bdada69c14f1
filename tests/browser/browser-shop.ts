import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { AxeResults } from 'axe-core';
import { type APIResponse, type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { createDb, type Db } from '@/db/client';
import { migrate } from '@/db/migrate';
import { seed } from '@/db/seed';
import { type Platform, startPlatform } from '@/local/platform';
import { TEST_DIST_DIR } from '../global-setup';

/** Set to 1 for Debian's Chromium, or to the path of another. */
const { BROWSER } = process.env;

export const hasBrowser = Boolean(BROWSER);

/** The built shop with the mill's own catalog, on a platform that is all in memory, and a browser to look at it. */
export interface BrowserShop {
  origin: string;
  platform: Platform;
  db: Db;
  /** A fresh window, without cookies. `faults` collects whatever the page complained about. */
  open(options?: BrowserContextOptions): Promise<Visit>;
  /** Runs a job of cron as Vercel does. */
  runCron(job: string): Promise<void>;
  close(): Promise<void>;
}

export interface Visit {
  page: Page;
  /** Errors of the console and of scripts, and answers of 500 and above. Empty on a sound page. */
  faults: string[];
  close(): Promise<void>;
}

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const DESKTOP = { viewport: { width: 1440, height: 900 } };

const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowserShop(): Promise<BrowserShop> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const platform = await startPlatform({ dataDir: null, siteUrl: origin });
    closers.push(platform.close);
    const connection = { url: platform.env.DATABASE_URL!, fetchEndpoint: platform.env.NEON_FETCH_ENDPOINT };
    await migrate(connection);
    await seed(connection);

    const app = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port)], {
      cwd: resolve('.'),
      env: { ...process.env, ...platform.env, NODE_ENV: 'production', NEXT_DIST_DIR: TEST_DIST_DIR },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = tailOf(app);
    closers.push(() => {
      app.removeAllListeners('exit');
      return ended(app);
    });
    app.once('exit', (code, signal) => console.error(`The built app ended with ${code ?? signal}:\n${output()}`));
    const browser = await launchBrowser();
    closers.push(() => browser.close());
    await untilItAnswers(app, `${origin}/api/health`, output);

    return {
      origin,
      platform,

      db: createDb(connection),
      open: (options) => openVisit(browser, origin, options),
      runCron: async (job) => {
        const response = await fetch(`${origin}/api/cron/${job}`, {
          headers: { authorization: `Bearer ${platform.env.CRON_SECRET}` },
        });
        if (!response.ok) throw new Error(`cron ${job} answered ${response.status} ${await response.text()}`);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

/** What a page does against those who read it with other means, and how many pixels it is too wide. */
export async function readingFaults(page: Page): Promise<string[]> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  // Not as a script of the page, which the policy of personal pages would keep from running.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return [
    ...(excess > 0 ? [`${excess} px too wide`] : []),
    ...violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
  ];
}

export const payButton = (page: Page) => page.getByRole('button', { name: /^Pay/ });

/** Fills in the checkout, but for what has a choice already. */
export async function fillIn(page: Page, email = 'ada@example.com'): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Full name').fill('Ada Weaver');
  await page.getByLabel('Street and number').fill('Loom Lane 4');
  await page.getByLabel('Postal code').fill('10115');
  await page.getByLabel('City').fill('Berlin');
}

/** The body of an answer; throws where it is none of success. */
export async function answer(response: APIResponse) {
  if (!response.ok()) throw new Error(`${response.status()} ${response.url()}: ${await response.text()}`);
  return response.json();
}

/** The browser that `BROWSER` names. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = BROWSER === '1' ? '/usr/bin/chromium' : BROWSER!;
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
}

async function openVisit(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()}: ${response.url()}`);
  });
  return { page, faults, close: () => context.close() };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

/** The last of what a process has said. */
function tailOf(app: ChildProcess): () => string {
  let output = '';
  for (const stream of [app.stdout, app.stderr]) {
    stream?.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-4_000);
    });
  }
  return () => output;
}

async function untilItAnswers(app: ChildProcess, url: string, output: () => string): Promise<void> {
  for (let tries = 0; tries < 600 && app.exitCode === null; tries += 1) {
    const answers = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`The built app did not answer at ${url}:\n${output()}`);
}

function ended(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null || app.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    app.once('exit', () => done());
    app.kill('SIGTERM');
  });
}
