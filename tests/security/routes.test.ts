import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operation } from '@/edge/http';
import { accessOf, nameOf, prepare, routeNames, routeOf } from './routes';
import { OPERATIONS, openWorld, type World } from './world';

let world: World;
beforeAll(async () => {
  world = await openWorld('routes');
});
afterAll(() => world?.close());

/** What the table of the suites does not know, or knows too much. */
function strays(operations: readonly Operation[]): string[] {
  const [served, known] = [operations.map(nameOf), routeNames()];
  return [...served.filter((name) => !known.includes(name)), ...known.filter((name) => !served.includes(name))];
}

describe('the table of routes', () => {
  it('says of every operation who may ask it, and of no other', () => {
    expect(strays(OPERATIONS)).toEqual([]);
  });

  it('is not passed by an operation that it does not know, nor by one that went away', () => {
    const added = operation({ method: 'GET', path: '/api/me/secrets' }, async () => ({}));
    expect(strays([...OPERATIONS, added])).toEqual(['GET /api/me/secrets']);
    expect(strays(OPERATIONS.slice(1))).toHaveLength(1);
    expect(() => routeOf(added)).toThrow('tests/security/routes.ts');
  });

  it('says "staff" of what lies under /api/admin, which says whom it lets in, and of nothing else', () => {
    for (const served of OPERATIONS) {
      expect(routeOf(served).who === 'staff', nameOf(served)).toBe(served.path.startsWith('/api/admin'));
      if (routeOf(served).who === 'staff') expect(accessOf(served), nameOf(served)).toBeDefined();
    }
  });

  it('knows how to make something of somebody for every path that names one', () => {
    for (const served of OPERATIONS) {
      expect(routeOf(served).object !== undefined, nameOf(served)).toBe(served.path.includes('{'));
    }
  });
});

// Where these were wrong, the attacks on an operation would be on something that does not work anyway.
describe.each(OPERATIONS.map((served) => [nameOf(served), served] as const))('%s', (_, served) => {
  it('answers whoever may ask it as the table says', async () => {
    const { path, body, headers, bearer } = await prepare(world, served);
    const answer = await world.send(served.method, path, { body, headers: { ...headers, ...bearer } });
    const wanted = routeOf(served).answers;
    if (wanted === undefined) expect([200, 201, 202, 204], answer.text).toContain(answer.status);
    else expect(answer.status, answer.text).toBe(wanted);
  });
});
