import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CronClock, openCron } from '@/local/cron';

let folder: string;
let shop: Server;
let siteUrl: string;
let calls: IncomingMessage[];
let clock: CronClock | undefined;
let healthy: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cron-'));
  calls = [];
  healthy = true;
  shop = createServer((request, response) => {
    if (request.url === '/api/health') return response.writeHead(healthy ? 200 : 503).end();
    calls.push(request);
    response.writeHead(request.url === '/api/cron/moved' ? 307 : 200, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.useRealTimers();
  await clock?.close();
  shop.closeAllConnections();
  shop.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(crons: object[] | string): Promise<CronClock> {
  const configFile = join(folder, 'vercel.json');
  await writeFile(configFile, typeof crons === 'string' ? crons : JSON.stringify({ framework: 'nextjs', crons }));
  clock = await openCron({ siteUrl, secret: 'cron-secret', configFile });
  return clock;
}

function runNow(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ path });
  return clock!.handle(new Request('http://127.0.0.1/cron/runs', { method: 'POST', body, headers }));
}

describe('cron', () => {
  it('calls a job when its minute comes, in UTC, as Vercel does', async () => {
    vi.useFakeTimers({ now: new Date('2026-03-29T00:59:58Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await open([
      { path: '/api/cron/outbox', schedule: '0 1 * * *' },
      { path: '/api/cron/other', schedule: '5 1 * * *' },
    ]);
    await vi.advanceTimersByTimeAsync(3_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]).toMatchObject({
      method: 'GET',
      url: '/api/cron/outbox',
      headers: { authorization: 'Bearer cron-secret', 'user-agent': 'vercel-cron/1.0' },
    });
  });

  it('runs a job now from its page, and shows how it went', async () => {
    const { handle } = await open([{ path: '/api/cron/outbox', schedule: '7 3 * * *' }]);
    const page = async () => (await handle(new Request('http://127.0.0.1/cron'))).text();
    expect(await page()).toContain('not since the start');

    const answer = await runNow('/api/cron/outbox');
    expect(answer.status).toBe(303);
    expect(calls).toHaveLength(1);
    expect(await page()).toMatch(/class="badge good">200</);
    expect(await page()).toContain('T03:07:00.000Z');
    expect(await page()).not.toContain('cron-secret');
  });

  it('carries its secret to the jobs of vercel.json alone, and only when its own page asks', async () => {
    await open([{ path: '/api/cron/moved', schedule: '7 3 * * *' }]);
    expect((await runNow('/api/cron/unknown')).status).toBe(404);
    expect((await runNow('//evil.example/')).status).toBe(404);
    expect((await runNow('/api/cron/moved', { 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect(calls).toEqual([]);
    await runNow('/api/cron/moved');
    expect(calls.map(({ url }) => url)).toEqual(['/api/cron/moved']);
  });

  it('makes up at the start for what came due while it was off, once the shop answers', async () => {
    healthy = false;
    await open([
      { path: '/api/cron/a', schedule: '7 3 * * *' },
      { path: '/api/cron/b', schedule: '9 3 * * *' },
    ]);
    const caughtUp = clock!.catchUp();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls).toEqual([]);
    healthy = true;
    await caughtUp;
    expect(calls.map(({ url }) => url).sort()).toEqual(['/api/cron/a', '/api/cron/b']);
  });

  it('makes up once more after a minute, when what a killed process held comes free', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await open([{ path: '/api/cron/a', schedule: '7 3 * * *' }]);
    await clock!.catchUp();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(calls).toHaveLength(2));
  });

  it.each([
    ['names', '0 3 * * MON'],
    ['seconds', '0 0 3 * * *'],
    ['a nickname', '@daily'],
  ])('refuses a schedule with %s, as Vercel would', async (_, schedule) => {
    await expect(open([{ path: '/api/cron/a', schedule }])).rejects.toThrow(/crons\.0\.schedule must have five fields/);
  });

  it('has no jobs where vercel.json has none or is missing', async () => {
    const { handle } = await open('{}');
    expect(await (await handle(new Request('http://127.0.0.1/cron'))).text()).toContain('names no jobs');
    const none = await openCron({ siteUrl, secret: 'x', configFile: join(folder, 'nothing.json') });
    expect((await none.handle(new Request('http://127.0.0.1/cron'))).status).toBe(200);
    await none.close();
  });

  it('takes the schedules of this project, each once a day: the free plan refuses finer ones', async () => {
    const configFile = fileURLToPath(new URL('../../vercel.json', import.meta.url));
    clock = await openCron({ siteUrl, secret: 'x', configFile });
    const { crons } = (await import('../../vercel.json')).default;
    expect(crons.map(({ path }) => path)).toEqual(['/api/cron/outbox', '/api/cron/payments', '/api/cron/accounts']);
    for (const { schedule } of crons) expect(schedule).toMatch(/^\d+ \d+ \* \* \*$/);
  });
});
