import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { Operation } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';
import { nodeOperations } from '@/node/routes';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'] as const;

type RouteModule = Partial<Record<(typeof METHODS)[number], (request: Request) => Promise<Response>>>;

const root = join(process.cwd(), 'app');
const files = ['api', '.well-known'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|\/)route\.ts$/.test(file))
    .map((file) => join(folder, file)),
);
const isEdge = (file: string) => /^export const runtime = 'edge';$/m.test(readFileSync(join(root, file), 'utf8'));
const edgeFiles = files.filter(isEdge);
const nodeFiles = files.filter((file) => !isEdge(file));

const pathOf = (file: string) => `/${file.replace(/\/route\.ts$/, '').replaceAll(/\[(\w+)\]/g, '{$1}')}`;

async function boundIn(
  file: string,
): Promise<{ method: (typeof METHODS)[number]; path: string; module: RouteModule }[]> {
  const module = (await import(pathToFileURL(join(root, file)).href)) as RouteModule;
  return METHODS.filter((method) => module[method]).map((method) => ({ method, path: pathOf(file), module }));
}

describe('the route tables and the route files', () => {
  it.each([
    ['at the edge', edgeFiles, edgeOperations],
    ['on Node', nodeFiles, nodeOperations],
  ])('hold the same methods at the same paths %s', async (_, bindings, operations) => {
    const inFiles = (await Promise.all(bindings.map(boundIn))).flat().map(({ method, path }) => `${method} ${path}`);
    const inTable = operations.map(({ method, path }) => `${method} ${path}`);
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
