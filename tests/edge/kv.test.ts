import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKv } from '@/edge/kv';

const kv = createKv({ url: 'https://kv.example', token: 'token' });

afterEach(() => vi.unstubAllGlobals());

const outcome = () => kv.set('cart:1', 'Webergasse 1', { ttlSeconds: 1 }).catch((error: Error) => error);

describe('a command that KV refuses', () => {
  it('is told by what KV said', async () => {
    vi.stubGlobal('fetch', async () => Response.json([{ error: 'WRONGTYPE no' }]));
    expect(await outcome()).toMatchObject({ name: 'KvCommandError', message: 'WRONGTYPE no' });
  });
});

describe('a KV that does not answer as KV', () => {
  it.each([
    ['a wrong token', 401],
    ['too many requests', 429],
    ['a fault of its own', 500],
  ])('is `kv_unavailable` and says why, never what was sent: %s', async (reason, status) => {
    vi.stubGlobal('fetch', async () => Response.json({ error: reason }, { status }));
    const refused = (await outcome()) as Error;
    expect(refused).toMatchObject({ code: 'kv_unavailable', cause: { message: reason } });
  });

  it('is `kv_unavailable` where nothing answers at all, and is asked once: the command may have been carried out', async () => {
    const fetch = vi.fn(async () => {
      throw new TypeError('fetch failed');
    });
    vi.stubGlobal('fetch', fetch);
    expect(await outcome()).toMatchObject({ code: 'kv_unavailable' });
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
