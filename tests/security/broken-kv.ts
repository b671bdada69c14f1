import { connect, createServer, type Socket } from 'node:net';
import type { Platform } from '@/local/platform';

/** KV as the shop reaches it, through a line that can be cut (`down`), or hold everything back and say nothing (`stalled`). */
export interface Line {
  url: string;
  become(state: 'up' | 'down' | 'stalled'): void;
  close(): void;
}

/** A platform whose KV is behind a line. */
export async function behindLine(platform: Platform): Promise<{ platform: Platform; line: Line }> {
  const line = await openLine(platform.env.KV_REST_API_URL as string);
  return {
    line,
    platform: {
      ...platform,
      env: { ...platform.env, KV_REST_API_URL: line.url },
      async close() {
        line.close();
        await platform.close();
      },
    },
  };
}

async function openLine(kvUrl: string): Promise<Line> {
  const target = new URL(kvUrl);
  const sockets = new Set<Socket>();
  let state: 'up' | 'down' | 'stalled' = 'up';
  const server = createServer((client) => {
    client.on('error', () => {});
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    if (state === 'down') client.destroy();
    if (state !== 'up') return;
    const origin = connect(Number(target.port), target.hostname);
    sockets.add(origin);
    origin.once('close', () => sockets.delete(origin));
    for (const [from, to] of [
      [client, origin],
      [origin, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (bytes) => {
        if (state === 'up') to.write(bytes);
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}${target.pathname}`,
    become(next) {
      state = next;
      // A line that stalls keeps its connections; one that comes back has none that hang.
      if (next !== 'stalled') for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
