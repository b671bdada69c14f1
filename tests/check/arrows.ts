/**
 * Who may import whom, as CONTRIBUTING draws it. `npm run check` runs this over every source file of the project;
 * it prints each forbidden arrow and exits with 1 when there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync } from 'oxc-parser';

const MAY_IMPORT: Record<string, readonly string[]> = {
  app: ['edge', 'node', 'commerce'],
  host: ['edge', 'node'],
  node: ['edge', 'commerce', 'db'],
  edge: ['commerce', 'db'],
  db: ['commerce'],
  commerce: [],
  local: [],
};

/** Rooms whose arrow carries types only. */
const TYPES_ONLY = new Set(['db->commerce']);

/** What runs at the edge, or is shipped with it: Web APIs only. */
const EDGE_SAFE = /^(edge|commerce)\/|^db\/(client|fault|ids|neon-http|schema)\.ts$|^middleware\.ts$/;

const NODE_BUILTINS = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);

interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** The forbidden arrows of one file, in words; `path` is relative to the project's root. */
export function forbiddenArrows(path: string, source: string): string[] {
  const room = path.split('/')[0] as string;
  // Plain JavaScript runs before the alias can be resolved.
  const hasAlias = !path.endsWith('.mjs');
  const faults: string[] = [];
  for (const { specifier, typeOnly } of importsOf(path, source)) {
    const target = projectPath(path, specifier);
    if (target === null) {
      faults.push(...forbiddenPackage(path, room, specifier));
      continue;
    }
    const targetRoom = target.split('/')[0] as string;
    if (hasAlias && targetRoom !== room && target.includes('/') && specifier.startsWith('.') && path.includes('/')) {
      faults.push(`${path}: reach ${targetRoom}/ as "@/${target}", not by "${specifier}"`);
    }
    const allowed = MAY_IMPORT[room];
    if (!allowed || targetRoom === room || !target.includes('/')) continue;
    if (!allowed.includes(targetRoom)) faults.push(`${path}: ${room}/ may not import ${targetRoom}/ ("${specifier}")`);
    else if (TYPES_ONLY.has(`${room}->${targetRoom}`) && !typeOnly) {
      faults.push(`${path}: ${room}/ may import only types of ${targetRoom}/ ("${specifier}")`);
    }
  }
  return faults;
}

function forbiddenPackage(path: string, room: string, specifier: string): string[] {
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '');
  if (EDGE_SAFE.test(path) && NODE_BUILTINS.has(specifier))
    return [`${path}: runs at the edge, which has no "${specifier}"`];
  if (name === 'next' && room in MAY_IMPORT && room !== 'app' && room !== 'host') {
    return [`${path}: only app/ and host/ know Next ("${specifier}")`];
  }
  if (name === '@vercel/kv' && room in MAY_IMPORT && !path.startsWith('edge/kv')) {
    return [`${path}: only edge/kv*.ts know the KV library`];
  }
  return [];
}

/** The project file that a specifier means, without its ending; null for a package. */
function projectPath(from: string, specifier: string): string | null {
  if (specifier.startsWith('@/')) return specifier.slice(2);
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : null;
}

function importsOf(path: string, source: string): Import[] {
  const { module, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const imports: Import[] = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
  }));
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) imports.push({ specifier: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const text = source.slice(moduleRequest.start, moduleRequest.end);
    if (/^['"`][^$]*['"`]$/.test(text)) imports.push({ specifier: text.slice(1, -1), typeOnly: false });
  }
  return imports;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(ts|tsx|mjs)$/.test(file));
  const faults = files.flatMap((file) => forbiddenArrows(file, readFileSync(file, 'utf8')));
  for (const fault of faults) console.error(fault);
  console.info(`${files.length} files, ${faults.length} forbidden imports`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
