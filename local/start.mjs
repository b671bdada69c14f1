// `npm start`, `npm run dev` and `npm run platform`. Plain JavaScript up to the point where everything is installed.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installMissing, requireNode, step } from './install.mjs';

requireNode();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  await installMissing(root);
  // Node 20 cannot read TypeScript on its own.
  const { register } = await import('tsx/esm/api');
  register();
  const { launch } = await import('./launch.ts');
  const mode = process.argv.includes('--dev') ? 'dev' : process.argv.includes('--platform') ? 'platform' : 'start';
  await launch({ root, mode, step });
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
