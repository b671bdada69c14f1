import { createServer } from 'node:net';

/** Reads a port from a variable. Throws where it is none. */
export function parsePort(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined || value === '') return otherwise;
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name} is "${value}", which is not a port: it must be a number from 1 to 65535.`);
}

/** Whether nobody listens on a port, on this host alone or on all addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  // A server on all addresses and one on 127.0.0.1 can share a port unseen, so both are tried; a machine may lack IPv6.
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const taken = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) =>
        resolve(['EADDRINUSE', 'EACCES'].includes(error.code ?? '')),
      );
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
    });
    if (taken) return false;
  }
  return true;
}

/** The first free port from here on, besides those named. */
export async function nextFreePort(from: number, besides: number[] = []): Promise<number> {
  for (let port = from; port < 65_536; port += 1) if (!besides.includes(port) && (await isPortFree(port))) return port;
  throw new Error(`No port from ${from} on is free.`);
}
