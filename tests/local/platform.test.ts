import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Platform, type PlatformOptions, startPlatform } from '@/local/platform';

let dataDir: string;
let platform: Platform | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'platform-'));
});

afterEach(async () => {
  await platform?.close();
  await rm(dataDir, { recursive: true, force: true });
});

// A database named from outside is not opened, which saves each test its five seconds.
const elsewhere = { DATABASE_URL: 'postgresql://me:pw@ep-x.eu-central-1.aws.neon.tech/shop' };

async function start(options: Partial<PlatformOptions> = {}): Promise<Platform> {
  platform = await startPlatform({ dataDir, siteUrl: 'http://localhost:3999', given: elsewhere, ...options });
  return platform;
}

describe('the local machine', () => {
  it('links its rooms and the shop from its front page, and each is there', async () => {
    const { url } = await start();
    const markup = await (await fetch(url)).text();
    for (const room of ['/mailbox', '/payments', '/payments/cards', '/cron']) {
      expect(markup).toContain(`href="${room}"`);
      expect((await fetch(url + room)).status).toBe(200);
    }
    expect(markup).toContain('href="http://localhost:3999"');
    expect((await fetch(`${url}/mailboxes`)).status).toBe(404);
  });

  it('answers every address, even one that is none', async () => {
    const { url } = await start();
    const statusOf = (path: string, host = 'localhost') =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(url, { path, headers: { host } }, (answer) => resolve(answer.resume().statusCode));
        sent.on('error', reject).end();
      });
    expect(await statusOf('/mailbox', 'a b')).toBe(400);
    expect(await statusOf('//')).toBe(200);
  });

  it('tells the app where mail and payments are, with keys that work', async () => {
    const { url, env } = await start();
    const transport = nodemailer.createTransport(env.MAIL_URL);
    await transport.sendMail({ from: env.MAIL_FROM, to: 'ada@example.com', subject: 'hello', text: 'x' });
    const mail = await (await fetch(`${url}/mailbox/messages?to=ada@example.com`)).json();
    expect(mail).toMatchObject({ items: [{ subject: 'hello' }] });

    const headers = { authorization: `Bearer ${env.LOCAL_PAYMENTS_SECRET_KEY}` };
    const intents = await fetch(`${env.LOCAL_PAYMENTS_URL}/intents?reference=x`, { headers });
    expect(await intents.json()).toEqual({ items: [] });
    expect(env.LOCAL_PAYMENTS_WEBHOOK_SECRET).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  it('refuses a body that is too long for its pages', async () => {
    const { env } = await start();
    const answer = await fetch(`${env.LOCAL_PAYMENTS_URL}/intents`, { method: 'POST', body: 'x'.repeat(70_000) });
    expect(answer.status).toBe(413);
  });

  it('keeps its secrets for the data folder, readable by their owner alone', async () => {
    const first = (await start()).env;
    await platform?.close();
    const second = (await start()).env;
    for (const name of ['AUTH_SECRET', 'CRON_SECRET', 'LOCAL_PAYMENTS_SECRET_KEY', 'LOCAL_PAYMENTS_WEBHOOK_SECRET'])
      expect(second[name]).toBe(first[name]);
    for (const file of ['secrets.json', 'local.json'])
      expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  });

  it('writes down for other commands how it is reached, and takes that back when it stops', async () => {
    const { env } = await start();
    const file = join(dataDir, 'local.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ pid: process.pid, env });
    await platform?.close();
    expect(existsSync(file)).toBe(false);
  });

  it('lets the variables that somebody has set win, piece by piece', async () => {
    const given = {
      ...elsewhere,
      CRON_SECRET: 'mine',
      LOCAL_PAYMENTS_SECRET_KEY: 'also mine',
      MAIL_URL: '',
    };
    const { url, env } = await start({ given });
    expect(env).toMatchObject({
      DATABASE_URL: given.DATABASE_URL,
      CRON_SECRET: 'mine',
      LOCAL_PAYMENTS_SECRET_KEY: 'also mine',
      MAIL_URL: expect.stringMatching(/^smtp:\/\/127\.0\.0\.1:\d+$/),
    });
    // The real database is asked at its own endpoint; the KV beside it stays the local one.
    expect(env).not.toHaveProperty('NEON_FETCH_ENDPOINT');
    expect((await fetch(`${url}/sql`, { method: 'POST' })).status).toBe(404);
    expect(env.KV_REST_API_URL).toBe(`${url}/kv`);
    const intents = await fetch(`${url}/payments/intents`, { headers: { authorization: 'Bearer also mine' } });
    expect(intents.status).toBe(200);
  });
});
