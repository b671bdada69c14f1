/**
 * Runs Vercel's own build, offline and without an account, on a copy of what git tracks, and holds its output to what
 * the README promises: which functions run where, how large they are, which crons are registered. `npm run check`
 * runs this; it prints a table and exits with 1 when a promise is broken.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/** The newest whose dependencies are all on the registry. */
const VERCEL = 'vercel@60.1.3';

/** What an edge function may weigh gzipped above an empty one, in bytes. */
const EDGE_BUDGET_BYTES = 80 * 1024;

/** The empty edge route that the budget is measured from, added to the copy alone. */
const EMPTY_ROUTE = 'api/empty-edge-route';

const EDGE = [
  'api/health',
  'api/products',
  'api/products/[slug]',
  'api/collections',
  'api/collections/[slug]',
  'api/prices',
  'api/cart',
  'api/cart/items',
  'api/cart/items/[itemId]',
  'api/cart/coupons',
  'api/cart/coupons/[code]',
  'api/cart/shipping-options',
  '.well-known/jwks.json',
];
const NODE = [
  'api/orders',
  'api/orders/[id]',
  'api/orders/[id]/cancellation',
  'api/webhooks/[provider]',
  'api/cron/[job]',
];

export interface BuiltFunction {
  name: string;
  runtime: string;
  /** Gzipped, all files of the function together, in bytes. */
  gzipBytes: number;
  /** Node's built-in modules that its code asks for. */
  builtins: string[];
}

/** What is wrong with a build, in words; empty when every promise holds. */
export function brokenPromises(
  functions: BuiltFunction[],
  crons: { path: string; schedule: string }[],
  expectedCrons: { path: string; schedule: string }[],
): string[] {
  const faults: string[] = [];
  const byName = new Map(functions.map((built) => [built.name, built]));
  for (const [names, isRight, kind] of [
    [EDGE, (built: BuiltFunction) => built.runtime === 'edge', 'edge'],
    [NODE, (built: BuiltFunction) => built.runtime.startsWith('nodejs'), 'Node'],
  ] as const) {
    for (const name of names) {
      const built = byName.get(name);
      if (!built) faults.push(`${name}: no function was built`);
      else if (!isRight(built)) faults.push(`${name}: runs on ${built.runtime}, not on ${kind}`);
    }
  }
  const empty = byName.get(EMPTY_ROUTE);
  if (!empty) faults.push('the empty edge route was not built, so nothing can be measured from it');
  for (const built of functions.filter(({ runtime }) => runtime === 'edge')) {
    const above = built.gzipBytes - (empty?.gzipBytes ?? 0);
    if (above > EDGE_BUDGET_BYTES) faults.push(`${built.name}: ${above} bytes above an empty edge route`);
    if (built.builtins.length > 0) faults.push(`${built.name}: asks for ${built.builtins.join(', ')}`);
  }
  for (const cron of expectedCrons) {
    if (!crons.some(({ path, schedule }) => path === cron.path && schedule === cron.schedule)) {
      faults.push(`cron ${cron.path} (${cron.schedule}) is not registered`);
    }
  }
  if (expectedCrons.length === 0) faults.push('vercel.json names no cron');
  return faults;
}

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-deploy-'));
  const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(existsSync);
  for (const file of tracked) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  cpSync('node_modules', join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(folder, 'app', EMPTY_ROUTE), { recursive: true });
  writeFileSync(
    join(folder, 'app', EMPTY_ROUTE, 'route.ts'),
    "export const runtime = 'edge';\nexport const POST = () => Response.json({});\n",
  );
  mkdirSync(join(folder, '.vercel'));
  // The modules are there already, so the install step has nothing to do.
  const settings = { framework: 'nextjs', nodeVersion: '24.x', installCommand: 'true' };
  writeFileSync(join(folder, '.vercel/project.json'), JSON.stringify({ projectId: 'x', orgId: 'x', settings }));
  const { status, stdout, stderr } = spawnSync('npx', ['-y', VERCEL, 'build', '--token', 'x'], {
    cwd: folder,
    encoding: 'utf8',
    // A first deploy builds without a single variable of ours.
    env: { NODE_ENV: 'production', PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    throw new Error(`Vercel's build failed:\n${`${stdout}${stderr}`.slice(-4_000)}`);
  }
  return folder;
}

function readFunctions(root: string): BuiltFunction[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => path.endsWith('.func/.vc-config.json') && !path.includes('.rsc.func') && !path.includes('.segments'),
    )
    .map((path) => {
      const folder = join(root, dirname(path));
      const { runtime } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { runtime: string };
      const name = dirname(path).replace(/\.func$/, '');
      if (runtime !== 'edge') return { name, runtime, gzipBytes: 0, builtins: [] };
      const code = filesOf(folder)
        .filter((file) => !file.endsWith('.vc-config.json') && !file.endsWith('.map'))
        .map((file) => readFileSync(file));
      return { name, runtime, gzipBytes: gzipSync(Buffer.concat(code)).length, builtins: builtinsIn(code.join('\n')) };
    });
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

/** Next's own edge runtime offers these; everything else would fail when it is reached. */
const OFFERED_AT_THE_EDGE = new Set(['async_hooks', 'assert', 'buffer', 'events', 'util']);

function builtinsIn(code: string): string[] {
  const asked = builtinModules.filter(
    (name) =>
      !OFFERED_AT_THE_EDGE.has(name) &&
      (code.includes(`require("${name}")`) || code.includes(`"node:${name}"`) || code.includes(`from"${name}"`)),
  );
  return [...new Set(asked)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = build();
  try {
    const output = join(folder, '.vercel/output');
    const functions = readFunctions(join(output, 'functions'));
    const { crons = [] } = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'));
    const { crons: expected = [] } = JSON.parse(readFileSync('vercel.json', 'utf8'));
    const empty = functions.find(({ name }) => name === EMPTY_ROUTE)?.gzipBytes ?? 0;
    for (const { name, runtime, gzipBytes } of functions.sort((a, b) => a.name.localeCompare(b.name))) {
      const size =
        runtime === 'edge' ? `${(gzipBytes / 1024).toFixed(1)} KB (+${((gzipBytes - empty) / 1024).toFixed(1)})` : '';
      console.info(`${runtime.padEnd(12)} ${name.padEnd(36)} ${size}`);
    }
    const faults = brokenPromises(functions, crons, expected);
    for (const fault of faults) console.error(fault);
    process.exitCode = faults.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
