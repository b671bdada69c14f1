import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { Operation } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'] as const;

type RouteModule = Partial<Record<(typeof METHODS)[number], (request: Request) => Promise<Response>>>;

const root = join(process.cwd(), 'app');
const edgeFiles = readdirSync(join(root, 'api'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)route\.ts$/.test(file))
  .map((file) => join('api', file))
  .filter((file) => /^export const runtime = 'edge';$/m.test(readFileSync(join(root, file), 'utf8')));

const pathOf = (file: string) => `/${file.replace(/\/route\.ts$/, '').replaceAll(/\[(\w+)\]/g, '{$1}')}`;

async function boundIn(
  file: string,
): Promise<{ method: (typeof METHODS)[number]; path: string; module: RouteModule }[]> {
  const module = (await import(pathToFileURL(join(root, file)).href)) as RouteModule;
  return METHODS.filter((method) => module[method]).map((method) => ({ method, path: pathOf(file), module }));
}

describe('the route table and the route files', () => {
  it('hold the same methods at the same paths', async () => {
    const inFiles = (await Promise.all(edgeFiles.map(boundIn))).flat().map(({ method, path }) => `${method} ${path}`);
    const inTable = edgeOperations.map(({ method, path }) => `${method} ${path}`);
    expect(inFiles.sort()).toEqual(inTable.sort());
  });

  it.each(edgeFiles)('bind the same operations: %s', async (file) => {
    for (const { method, path, module } of await boundIn(file)) {
      const operation = edgeOperations.find((candidate) => candidate.method === method && candidate.path === path);
      const handle = vi.spyOn(operation as Operation, 'handle').mockResolvedValue(new Response('from the table'));
      const response = await module[method]?.(new Request(`http://shop.test${path}`, { method }));
      expect(await response?.text(), `${method} ${path}`).toBe('from the table');
      handle.mockRestore();
    }
  });
});
