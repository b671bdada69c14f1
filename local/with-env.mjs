// `npm run with -- COMMAND`: runs a command with the environment of the running local platform, such as `next dev`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(process.env.DATA_DIR || '.data', 'local.json');
const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('Name a command: npm run with -- next dev');
  process.exit(2);
}
let env;
try {
  env = JSON.parse(readFileSync(file, 'utf8')).env;
} catch {
  console.error(`The local platform is not running (${file} is missing). Start it first: npm run platform`);
  process.exit(1);
}
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, ...env },
  shell: process.platform === 'win32',
});
child.once('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
// A Ctrl-C reaches the command as well; this process only hands on how it ended.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
