import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStaffShop, type StaffShop } from './staff-shop';

describe('npm run staff', () => {
  let shop: StaffShop;
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-staff-'));
  beforeAll(async () => {
    shop = await openStaffShop();
  }, 120_000);
  afterAll(async () => {
    await shop?.close();
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    return runWith({}, ...args);
  }

  async function runWith(more: Record<string, string>, ...args: string[]) {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, ...shop.platform.env, SITE_URL: shop.siteUrl, DATA_DIR: folder, ...more };
    const child = spawn(process.execPath, ['--import', 'tsx', 'node/staff-command.ts', ...args], {
      env: env as unknown as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', words: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said.words += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...said };
  }

  it('says how to begin, while there is nobody', async () => {
    expect(await run('list')).toMatchObject({ code: 0, out: '', words: expect.stringContaining('invite EMAIL') });
  });

  it('invites the first owner: the link alone on the standard output, and by mail, and it works', async () => {
    const guest = await shop.signUp({ email: 'first@example.com' });
    const { code, out, words } = await run('invite', 'First@example.com', '--role', 'owner');
    expect(code).toBe(0);
    expect(out).toMatch(/^http\S+\/account\/invitation#token=\S+\n$/);
    expect(words).toContain('invited as Owner');
    expect(words).toContain('on its way');
    await shop.settled();
    const letters = (await shop.mails()).filter(({ to }) => to.includes('First@example.com'));
    expect(letters).toHaveLength(1);
    expect(letters[0]?.text).toContain(out.trim());

    const token = new URL(out.trim()).hash.replace('#token=', '');
    const answer = await shop.call<{ role: unknown }>('POST', '/api/admin/invitations/acceptance', {
      headers: guest.headers,
      body: { token },
    });
    expect(answer.body.role).toEqual({ id: 'owner', title: 'Owner' });
    expect((await run('list')).out).toBe('first@example.com\towner\tno second factor yet\n');
    const { rows } = await shop.db.execute<{ actor_kind: string; actor_id: string | null }>(sql`
      select actor_kind, actor_id from audit_log where action = 'staff.invited'`);
    expect(rows).toEqual([{ actor_kind: 'command', actor_id: null }]);
  });

  it('disables, but never the last owner, and names the keys that whoever goes may know', async () => {
    expect(await run('disable', 'first@example.com')).toMatchObject({
      code: 1,
      out: '',
      words: expect.stringContaining('make another first'),
    });
    const leaver = await shop.hire('manager', { email: 'leaver@example.com' });
    await shop.makeKey([], { title: 'Old script', createdBy: leaver.accountId });
    const { code, out, words } = await run('disable', 'LEAVER@example.com');
    expect(code).toBe(0);
    expect(out).toMatch(/^sk_\S{6}… {2}Old script\n$/);
    expect(words).toContain('signed out everywhere');
    expect((await run('list')).out).toContain('leaver@example.com\tmanager\tdisabled\n');
    const answer = await shop.call<{ code: string }>('GET', '/api/admin/me', { headers: leaver.headers });
    expect(answer.body.code).toBe('session_ended');
  });

  it('lists what each can prove themselves with', async () => {
    await shop.giveCodes(await shop.hire('support', { email: 'careful@example.com' }));
    expect((await run('list')).out).toContain('careful@example.com\tsupport\tone-time codes\n');
  });

  it.each([
    [[], 'Usage'],
    [['invite', 'a@example.com'], 'Usage'],
    [['list', 'a@example.com'], 'Usage'],
    [['promote', 'a@example.com', '--role', 'owner'], 'Usage'],
    [['invite', 'a@example.com', '--role', 'owner', '--force'], '--force'],
    [['invite', 'nobody', '--role', 'owner'], 'not an email address'],
    [['invite', 'a@example.com', '--role', 'king'], 'There are: editor, manager, owner, support.'],
    [['invite', 'first@example.com', '--role', 'owner'], 'of the staff already'],
    [['disable', 'stranger@example.com'], 'Nobody of the staff has the address'],
  ])('ends with 1 and says why for %j', async (args, words) => {
    expect(await run(...args)).toMatchObject({ code: 1, out: '', words: expect.stringContaining(words) });
  });

  it('invites also while no shop answers: the letter waits, the link works', async () => {
    const { code, out, words } = await runWith(
      { SITE_URL: 'http://127.0.0.1:1' },
      'invite',
      'later@example.com',
      '--role',
      'editor',
    );
    expect({ code, isLink: out.startsWith('http://127.0.0.1:1/account/invitation#token=') }).toEqual({
      code: 0,
      isLink: true,
    });
    expect(words).toContain('when the shop next sweeps its outbox');
  });

  it('ends with 1, and names no secret, where the database cannot be reached', async () => {
    const { code, words } = await runWith({ NEON_FETCH_ENDPOINT: 'http://127.0.0.1:1/sql' }, 'list');
    expect(code).toBe(1);
    expect(words).toMatch(/^The database does not answer/);
    expect(words).not.toContain(new URL(shop.platform.env.DATABASE_URL as string).password);
  });
});
