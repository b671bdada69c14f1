import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type Platform, startPlatform } from '@/local/platform';
import { clientOf } from './calls';

interface Health {
  status: string;
  kv: { status: string; ms: number };
  db: { status: string; ms: number };
}

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function health(change: (platform: Platform) => Record<string, string> = () => ({})) {
  const platform = await startPlatform({ dataDir: null });
  closers.push(() => platform.close());
  Object.assign(process.env, platform.env, change(platform));
  vi.resetModules();
  const { getHealth } = await import('@/edge/health');
  return clientOf([getHealth])<Health>('GET', '/api/health');
}

it('is ok where KV and the database answer', async () => {
  const { status, body, trips, headers } = await health();
  expect(status).toBe(200);
  expect(body).toEqual({
    status: 'ok',
    kv: { status: 'ok', ms: expect.any(Number) },
    db: { status: 'ok', ms: expect.any(Number) },
  });
  expect(trips).toEqual({ kv: 1, db: 1 });
  expect(headers.get('cache-control')).toBe('private, no-store');
});

it('is degraded, and says which, where one of them is gone', async () => {
  const withoutKv = await health(() => ({ KV_REST_API_URL: 'http://127.0.0.1:9/kv' }));
  expect(withoutKv.status).toBe(503);
  expect(withoutKv.body).toMatchObject({ status: 'degraded', kv: { status: 'failed' }, db: { status: 'ok' } });
  const withoutDb = await health(() => ({ NEON_FETCH_ENDPOINT: 'http://127.0.0.1:9/sql' }));
  expect(withoutDb.status).toBe(503);
  expect(withoutDb.body).toMatchObject({ status: 'degraded', kv: { status: 'ok' }, db: { status: 'failed' } });
});

it('waits two seconds for one that hangs, and no longer', async () => {
  const hanging = createServer(() => {});
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const started = performance.now();
  const { status, body } = await health(() => ({ NEON_FETCH_ENDPOINT: url, KV_REST_API_URL: url }));
  expect(status).toBe(503);
  expect(body).toMatchObject({ kv: { status: 'failed' }, db: { status: 'failed' } });
  expect(Math.max(body.kv.ms, body.db.ms)).toBeLessThan(2_500);
  expect(performance.now() - started).toBeGreaterThan(1_900);
});
