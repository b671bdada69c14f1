import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operation } from '@/edge/http';
import { requireSession } from '@/node/sessions';
import { hosts, type RunningHost } from '../contract/hosts';
import { type Ask, waysIn } from './bypass';
import { nameOf, prepare, routeOf } from './routes';
import { OPERATIONS, openWorld, PROVIDER, type World } from './world';

let world: World;
/** What is really there, so that a 404 is not one of an empty shop. */
const ids = new Map<string, string | null>();

/** Operations that hold something of somebody's, or do something for somebody. */
const closed = OPERATIONS.filter((served) => ['account', 'staff', 'order', 'secret'].includes(routeOf(served).who));

beforeAll(async () => {
  world = await openWorld('bypass');
  for (const served of closed) {
    const made = routeOf(served).object ? await prepare(world, served) : null;
    ids.set(nameOf(served), made?.id ?? null);
  }
});
afterAll(() => world?.close());

const idOf = (served: Operation) => ids.get(nameOf(served)) ?? 'nothing';

/** The handlers themselves, as no middleware had run. */
const asker =
  (operations: readonly Operation[]): Ask =>
  async ({ method, path, headers, body }) => {
    const isSent = body !== null && method !== 'GET' && method !== 'HEAD';
    const answer = await world.send(method, path, {
      headers: { ...headers, ...(isSent ? { 'content-type': 'application/json' } : {}) },
      ...(isSent ? { raw: body } : {}),
      operations,
    });
    return { status: answer.status, location: answer.headers.get('location'), text: answer.text };
  };

describe('without the middleware', () => {
  it('a guest gets into nothing, whatever the path looks like and the headers claim', async () => {
    expect(await waysIn(asker(OPERATIONS), closed, idOf)).toEqual([]);
  }, 120_000);

  it('changed nothing by all that', async () => {
    const before = await world.state();
    await waysIn(
      asker(OPERATIONS),
      closed.filter(({ method }) => method !== 'GET'),
      idOf,
    );
    expect(await world.state()).toEqual(before);
  }, 120_000);

  it('who may ask is still let in', async () => {
    for (const served of closed.filter((candidate) => routeOf(candidate).who !== 'secret')) {
      const { path, body, headers, bearer } = await prepare(world, served);
      const { status } = await world.send(served.method, path, { body, headers: { ...headers, ...bearer } });
      expect([401, 403, 404, 405], nameOf(served)).not.toContain(status);
    }
  });

  it.each<[string, Operation]>([
    ['trusts that the middleware ran', operation({ method: 'GET', path: '/api/me/open' }, async () => ({ body: {} }))],
    [
      'believes a header',
      operation({ method: 'GET', path: '/api/me/believing' }, async (context) => {
        if (!context.request.headers.has('x-middleware-subrequest')) await requireSession(context);
        return { body: {} };
      }),
    ],
    [
      'believes a forwarded address',
      operation({ method: 'POST', path: '/api/me/local' }, async (context) => {
        if (context.request.headers.get('x-forwarded-for') !== '127.0.0.1') await requireSession(context);
        return { status: 204 };
      }),
    ],
    [
      'asks who it is only where the path is written in one way',
      operation({ method: 'GET', path: '/api/me/literal' }, async (context) => {
        if (context.url.pathname === '/api/me/literal') await requireSession(context);
        return { body: {} };
      }),
    ],
  ])('an operation that %s is found', async (_what, broken) => {
    expect(await waysIn(asker([...OPERATIONS, broken]), [broken], () => null)).not.toEqual([]);
  });
});

const built = hosts.find(({ name }) => name === 'the built Next app')!;

describe.skipIf(!built.available)('the built app', () => {
  let host: RunningHost;
  let origin: URL;
  beforeAll(async () => {
    host = await built.start({ ...world.platform.env });
    // As it was sent: `fetch` would put the path right first.
    origin = new URL((await host.fetch('/api/health')).url);
  }, 120_000);
  afterAll(() => host?.close());

  const ask: Ask = ({ method, path, headers, body }) =>
    new Promise((done, fail) => {
      const isSent = body !== null && method !== 'GET' && method !== 'HEAD';
      const outgoing = httpRequest(
        {
          host: origin.hostname,
          port: origin.port,
          method,
          path,
          headers: { ...headers, ...(isSent ? { 'content-type': 'application/json' } : {}) },
        },
        (incoming) => {
          let text = '';
          incoming.on('data', (chunk) => {
            text += chunk;
          });
          incoming.on('end', () =>
            done({
              status: incoming.statusCode as number,
              location: incoming.headers.location ?? null,
              text,
              isSkipped: incoming.headers['x-middleware-skip'] === '1',
            }),
          );
        },
      ).on('error', fail);
      outgoing.end(isSent ? body : undefined);
    });

  it('lets a guest into nothing either', async () => {
    // What hands in a password, a code or an address is strictly limited: these are asked above.
    const asked = closed.filter(({ path }) => !path.startsWith('/api/auth') && !path.includes(PROVIDER));
    expect(await waysIn(ask, asked, idOf)).toEqual([]);
  }, 600_000);
});
