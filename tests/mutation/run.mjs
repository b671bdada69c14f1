// `npm run mutation`. Plain JavaScript, since it installs what it needs.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installMissing, requireNode } from '../../local/install.mjs';

requireNode();
const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
try {
  await installMissing(root);
  await installMissing(here);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(1);
}

const stryker = join(here, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
const child = spawn(
  process.execPath,
  [stryker, 'run', 'tests/mutation/stryker.config.json', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, MUTATION: '1' } },
);
// A Ctrl-C reaches Stryker as well, which ends by itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('close', (code) => process.exit(code ?? 1));
