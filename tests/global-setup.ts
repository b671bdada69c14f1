import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { isBuilt, noteBuild } from '@/local/build';

/** Where the app is built for tests, apart from a store that runs from the same checkout. */
export const TEST_DIST_DIR = '.next-test';

const ENV: NodeJS.ProcessEnv = {
  NODE_ENV: 'production',
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NEXT_TELEMETRY_DISABLED: '1',
};

/** Builds the app once for the suites that ask for it, without a single variable of ours: as a first deploy does. */
export default async function setup(): Promise<void> {
  if (!process.env.BUILT_APP && !process.env.BROWSER) return;
  const build = { root: resolve('.'), dataDir: resolve(TEST_DIST_DIR), distDir: resolve(TEST_DIST_DIR), env: ENV };
  if (await isBuilt(build)) return;
  console.info('Building the app for its tests …');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
    encoding: 'utf8',
    env: { ...ENV, NEXT_DIST_DIR: TEST_DIST_DIR },
  });
  if (status !== 0) throw new Error(`The app does not build:\n${stdout}${stderr}`);
  await noteBuild(build);
}
