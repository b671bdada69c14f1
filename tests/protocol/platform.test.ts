import { connect } from 'node:net';
import { neon, neonConfig } from '@neondatabase/serverless';
import { createClient } from '@vercel/kv';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Platform, startPlatform } from '@/local/platform';

describe('The local machine', () => {
  let platform: Platform;
  const kv = () =>
    createClient({
      url: platform.env.KV_REST_API_URL!,
      token: platform.env.KV_REST_API_TOKEN!,
      cache: 'no-store',
      retry: { retries: 1 },
    });

  beforeAll(async () => {
    platform = await startPlatform({ dataDir: null });
    neonConfig.fetchEndpoint = platform.env.NEON_FETCH_ENDPOINT!;
  });
  afterAll(() => platform?.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('answers KV while a query takes its time', async () => {
    let finished = false;
    const slow = neon(platform.env.DATABASE_URL!)`SELECT count(*)::int AS n FROM generate_series(1, 5000000)`.then(
      (rows) => {
        finished = true;
        return rows;
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let i = 0; i < 20; i += 1) expect(await kv().incr('beside')).toBe(i + 1);
    expect(finished).toBe(false);
    expect(await slow).toEqual([{ n: 5_000_000 }]);
  });

  test('survives bodies nested beyond all sense', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const headers = {
      authorization: `Bearer ${platform.env.KV_REST_API_TOKEN}`,
      'Neon-Connection-String': platform.env.DATABASE_URL!,
    };
    const bodies = {
      '/kv': `["SET","k",${nested}]`,
      '/kv/pipeline': nested,
      '/sql': `{"query":"SELECT $1","params":[${nested}]}`,
    };
    for (const [path, body] of Object.entries(bodies)) {
      const response = await fetch(platform.url + path, { method: 'POST', headers, body });
      expect([path, response.status]).toEqual([path, 400]);
    }
    expect(await kv().ping()).toBe('PONG');
  });

  test('survives clients that leave in the middle, and says nothing about it', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { port } = new URL(platform.url);
    for (const path of ['/kv', '/sql']) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(
            `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${platform.env.KV_REST_API_TOKEN}\r\n` +
              `neon-connection-string: ${platform.env.DATABASE_URL}\r\ncontent-length: 1000\r\n\r\n["GET"`,
          );
          setTimeout(() => socket.destroy(), 30);
        });
        socket.on('close', () => setTimeout(resolve, 30));
      });
    }
    expect(await kv().ping()).toBe('PONG');
    expect(said).not.toHaveBeenCalled();
  });

  test('answers 404 elsewhere', async () => {
    for (const path of ['/kvx', '/sqlite', '/nothing']) {
      expect((await fetch(platform.url + path)).status).toBe(404);
    }
  });
});

describe('A platform whose servers do not answer', () => {
  test('does not start, and says which, without their passwords', async () => {
    const nobody = '127.0.0.1:9';
    const start = (options: Parameters<typeof startPlatform>[0]) =>
      startPlatform(options).then(
        () => 'started',
        (error: Error) => error.message,
      );
    const given = { DATABASE_URL: 'postgresql://unused.invalid', KV_REST_API_URL: 'http://unused.invalid' };
    const postgres = await start({
      dataDir: null,
      postgresUrl: `postgres://me:hidden@${nobody}/x`,
      given: { KV_REST_API_URL: given.KV_REST_API_URL },
    });
    expect(postgres).toMatch(/^POSTGRES_URL does not answer: .*ECONNREFUSED/);
    const redis = await start({
      dataDir: null,
      redisUrl: `redis://me:hidden@${nobody}`,
      given: { DATABASE_URL: given.DATABASE_URL },
    });
    expect(redis).toMatch(/^REDIS_URL does not answer: .*ECONNREFUSED/);
    expect(postgres + redis).not.toContain('hidden');
  });
});
