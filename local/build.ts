import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What lies beside the sources without going into the build. Any other folder does, so that a new one counts. */
const NOT_BUILT = new Set(['node_modules', 'bench', 'docs', 'host', 'local', 'tests']);
/** Of the files in the root only these: logs and exports may lie there too. */
const SETTINGS = /\.(m?[jt]sx?|json|css)$/;

export interface BuildOptions {
  root: string;
  dataDir: string;
  /** The folder that Next builds into. */
  distDir: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Whether the last build was made of the same sources and settings, for the same data. The note about it lies in the
 * data folder, since built pages hold data: whoever deletes the one must get new ones of the other.
 */
export async function isBuilt({ dataDir, distDir, ...options }: BuildOptions): Promise<boolean> {
  if (!existsSync(join(distDir, 'BUILD_ID'))) return false;
  const note = await readFile(join(dataDir, 'build.json'), 'utf8').catch(() => '');
  return note === (await describeBuild({ dataDir, distDir, ...options }));
}

/** Notes that the build of the present sources is done. */
export async function noteBuild(options: BuildOptions): Promise<void> {
  await mkdir(options.dataDir, { recursive: true });
  await writeFile(join(options.dataDir, 'build.json'), await describeBuild(options));
}

async function describeBuild({ root, dataDir, distDir, env }: BuildOptions): Promise<string> {
  const settings = Object.entries(env)
    .filter(([name]) => name.startsWith('NEXT_PUBLIC_') || ['DATABASE_URL', 'POSTGRES_URL'].includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify([process.versions.modules, settings]));
  for (const file of await sourceFiles(root, [dataDir, distDir])) {
    hash.update(`\n${relative(root, file)}\n`).update(await readFile(file));
  }
  const buildId = await readFile(join(distDir, 'BUILD_ID'), 'utf8');
  return JSON.stringify({ sources: hash.digest('hex'), buildId: buildId.trim() });
}

async function sourceFiles(root: string, besides: string[]): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (folder === root) {
        if (NOT_BUILT.has(entry.name) || entry.name.startsWith('.') || besides.includes(path)) continue;
        // Next writes this one itself.
        if (entry.isFile() && (!SETTINGS.test(entry.name) || entry.name === 'next-env.d.ts')) continue;
      }
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  await visit(root);
  return files.sort();
}
