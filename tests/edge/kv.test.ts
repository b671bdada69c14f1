import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKv } from '@/edge/kv';

const kv = createKv({ url: 'https://kv.example', token: 'token' });

afterEach(() => vi.unstubAllGlobals());

describe('a command that KV refuses', () => {
  it('is told by what KV said, never with what was sent: a cart holds addresses', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ error: 'ERR wrong token' }, { status: 401 }));
    const refused = await kv.set('cart:1', 'Webergasse 1', { ttlSeconds: 1 }).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: 'KvCommandError', message: 'ERR wrong token' });
  });

  it('is no `kv_unavailable`, which is for a KV that does not answer', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed');
    });
    await expect(kv.ping()).rejects.toMatchObject({ code: 'kv_unavailable' });
  });
});
