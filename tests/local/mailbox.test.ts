import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mailbox, openMailbox } from '@/local/mailbox';

let dataDir: string;
let mailbox: Mailbox;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mailbox-'));
  mailbox = await openMailbox({ dataDir, siteUrl: 'http://localhost:3000' });
});

afterEach(async () => {
  await mailbox.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function send(message: SendMailOptions): Promise<void> {
  const transport = nodemailer.createTransport(mailbox.mailUrl);
  await transport.sendMail({ from: 'The mill <mill@example.com>', to: 'ada@example.com', ...message });
  transport.close();
}

function get(path: string, init?: RequestInit): Promise<Response> {
  return mailbox.handle(new Request(`http://127.0.0.1${path}`, init));
}

async function messages(query = ''): Promise<{ items: Record<string, never>[]; nextCursor: string | null }> {
  return (await (await get(`/mailbox/messages${query}`)).json()) as never;
}

describe('the mailbox', () => {
  it('keeps what was sent: both bodies, headers, sender, subject in any script', async () => {
    await send({ subject: 'Ihr Tuch ist da – 織物', text: 'plain', html: '<p>rich</p>', headers: { 'X-Order': '7' } });

    const { items } = await messages();
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      from: 'The mill <mill@example.com>',
      to: ['ada@example.com'],
      subject: 'Ihr Tuch ist da – 織物',
      headers: { 'x-order': '7' },
    });
    expect(String(items[0]?.text).trim()).toBe('plain');
    expect(String(items[0]?.html).trim()).toBe('<p>rich</p>');
    expect(Date.now() - Date.parse(String(items[0]?.receivedAt))).toBeLessThan(10_000);
    expect(await (await get(`/mailbox/messages/${items[0]?.id}`)).json()).toEqual(items[0]);
  });

  it('finds mail by whom it was delivered to, blind copies included, whatever the case', async () => {
    await send({ to: 'ada@example.com', bcc: 'clerk@example.com', subject: 'one' });
    await send({ to: 'bob@example.com', subject: 'two' });

    expect((await messages('?to=CLERK@example.com')).items.map((item) => item.subject)).toEqual(['one']);
    expect((await messages('?to=bob@example.com')).items.map((item) => item.subject)).toEqual(['two']);
    expect((await messages('?to=nobody@example.com')).items).toEqual([]);
  });

  it('lists the newest first, page by page', async () => {
    for (const subject of ['first', 'second', 'third']) await send({ subject });

    const newest = await messages('?limit=2');
    expect(newest.items.map((item) => item.subject)).toEqual(['third', 'second']);
    const rest = await messages(`?limit=2&cursor=${newest.nextCursor}`);
    expect(rest).toMatchObject({ items: [{ subject: 'first' }], nextCursor: null });
  });

  it('keeps one copy of a Message-ID, even of twenty that arrive at once', async () => {
    const again = { messageId: '<order-1@example.com>', subject: 'Your order' };
    await Promise.all(Array.from({ length: 20 }, () => send(again)));
    expect((await messages()).items).toHaveLength(1);
  });

  it('keeps its messages across a restart and still knows them, and throws half-written ones away', async () => {
    await send({ messageId: '<a@example.com>', subject: 'kept' });
    await mailbox.close();
    await writeFile(join(dataDir, 'mail', 'half.part'), 'Subject: torn');

    mailbox = await openMailbox({ dataDir });
    await send({ messageId: '<a@example.com>', subject: 'kept' });
    await send({ messageId: '<b@example.com>', subject: 'new' });

    expect((await messages()).items.map((item) => item.subject)).toEqual(['new', 'kept']);
    expect((await readdir(join(dataDir, 'mail'))).filter((name) => !name.endsWith('.eml'))).toEqual([]);
  });

  it('is emptied by DELETE, and only by its own pages where a browser asks', async () => {
    await send({ subject: 'old' });
    const foreign = { headers: { 'sec-fetch-site': 'same-site' } };
    expect((await get('/mailbox/messages', { method: 'DELETE', ...foreign })).status).toBe(403);
    expect((await get('/mailbox/deletion', { method: 'POST', ...foreign })).status).toBe(403);
    expect((await messages()).items).toHaveLength(1);

    expect((await get('/mailbox/messages', { method: 'DELETE' })).status).toBe(204);
    expect((await messages()).items).toEqual([]);
    expect(await readdir(join(dataDir, 'mail'))).toEqual([]);
  });

  it('works in memory alone', async () => {
    const memory = await openMailbox({ dataDir: null });
    const transport = nodemailer.createTransport(memory.mailUrl);
    await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'light', text: 'x' });
    const list = await memory.handle(new Request('http://127.0.0.1/mailbox/messages'));
    expect(await list.json()).toMatchObject({ items: [{ subject: 'light' }] });
    await memory.close();
  });

  it('answers 404 for a message that is not there, also for names that climb out of its folder', async () => {
    await writeFile(join(dataDir, 'secret.eml'), 'Subject: secret');
    for (const id of ['nothing', '..%2Fsecret', '%2e%2e%2fsecret', '%E0%A4%A']) {
      expect((await get(`/mailbox/messages/${id}`)).status).toBe(404);
      expect((await get(`/mailbox/${id}`)).status).toBe(404);
    }
  });
});

describe('the pages of the mailbox', () => {
  const hostile = '"><script>alert(1)</script>';

  it('escape whatever a mail says about itself', async () => {
    await send({ subject: hostile, text: hostile, from: { name: hostile, address: 'eve@example.com' } });
    const id = String((await messages()).items[0]?.id);
    for (const path of ['/mailbox', `/mailbox?to=${encodeURIComponent(hostile)}`, `/mailbox/${id}?view=text`]) {
      const answer = await get(path);
      expect(await answer.text()).not.toContain('<script');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    expect(await (await get(`/mailbox/${id}?view=source`)).text()).not.toContain('<script');
  });

  it('show HTML in a frame of its own origin, without script, forms or pictures from elsewhere', async () => {
    await send({
      html: '<p>Hi</p><script>alert(1)</script><img src="cid:logo"><img src="https://tracker.example/a.png">',
      attachments: [{ filename: 'logo.png', content: Buffer.from('png'), contentType: 'image/png', cid: 'logo' }],
    });
    const id = String((await messages()).items[0]?.id);

    const shell = await (await get(`/mailbox/${id}`)).text();
    expect(shell).toMatch(/<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/);
    expect(shell).not.toContain('alert(1)');

    const body = await get(`/mailbox/${id}/body`);
    const policy = body.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
    expect(policy).not.toContain('allow-scripts');
    expect(policy).toContain('img-src data: http://localhost:3000;');
    expect(await body.text()).toContain(`<img src="data:image/png;base64,${Buffer.from('png').toString('base64')}">`);
  });

  it('offer the tabs that the mail has, and its attachments as downloads', async () => {
    await send({ text: 'only text', attachments: [{ filename: 'rechnung ö.html', content: '<b>x</b>' }] });
    const id = String((await messages()).items[0]?.id);
    const shell = await (await get(`/mailbox/${id}`)).text();
    expect(shell).not.toContain('?view=html');
    expect(shell).toContain('only text');

    const file = await get(`/mailbox/${id}/attachments/0`);
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''rechnung%20%C3%B6.html");
    expect(await file.text()).toBe('<b>x</b>');
    expect((await get(`/mailbox/${id}/attachments/7`)).status).toBe(404);
  });
});
