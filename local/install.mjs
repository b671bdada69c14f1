// Runs before anything is installed, so: plain JavaScript, no dependencies, nothing that an old Node cannot parse.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MIN_NODE = [20, 19];

/** Ends the process with a clear message where Node is too old. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  console.error(
    `Selvedge needs Node ${MIN_NODE.join('.')} or newer; this is ${version}. Get a newer one from https://nodejs.org`,
  );
  process.exit(1);
}

/**
 * Installs the packages of the lockfile where some are missing or of another version; touches nothing otherwise.
 * Development packages come too, whatever NODE_ENV says: the local machine is made of them.
 */
export async function installMissing(root) {
  if (!isInstallNeeded(root)) return;
  await step('Installing packages', () => run(...npm(['ci', '--include=dev', '--no-audit', '--no-fund']), root));
}

/** Whether node_modules differs from what package-lock.json asks of this machine. */
export function isInstallNeeded(root) {
  const wantedFile = join(root, 'package-lock.json');
  const presentFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(presentFile)) return true;
  if (statSync(wantedFile).mtimeMs <= statSync(presentFile).mtimeMs) return false;
  // A newer date alone means little: git gives one to every file that it checks out.
  const wanted = JSON.parse(readFileSync(wantedFile, 'utf8')).packages;
  const present = JSON.parse(readFileSync(presentFile, 'utf8')).packages;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '' || entry.link) return false;
    if (!present[path]) return !entry.optional && !entry.peer && !entry.devOptional;
    return present[path].version !== entry.version || present[path].integrity !== entry.integrity;
  });
}

/**
 * Shows a piece of work: a spinner with the seconds on a terminal, one line at its end elsewhere, and one at its start if
 * it is slow. What `work` returns is returned; a string is shown beside the title.
 */
export async function step(title, work) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const { isTTY } = process.stdout;
  const paint = (code, text) => (isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text);
  const say = (mark, note) => {
    if (isTTY) process.stdout.write('\r\u001b[2K');
    process.stdout.write(`${mark} ${title}${note ? `: ${note}` : ''} ${paint(2, seconds())}\n`);
  };
  const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  let frame = 0;
  const timer = isTTY
    ? setInterval(() => {
        frame = (frame + 1) % frames.length;
        process.stdout.write(`\r\u001b[2K${paint(36, frames[frame])} ${title} ${paint(2, seconds())}`);
      }, 100)
    : setTimeout(() => process.stdout.write(`… ${title}\n`), 2000);
  try {
    const result = await work();
    clearInterval(timer);
    say(paint(32, '✓'), typeof result === 'string' ? result : '');
    return result;
  } catch (error) {
    clearInterval(timer);
    say(paint(31, '✗'), '');
    throw error;
  }
}

// The npm that runs this script, if one does: on Windows, `npm` alone is no program.
function npm(args) {
  const { npm_execpath: script } = process.env;
  return script?.endsWith('.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(new Error(`${output.trim()}\n\n${command} ${args.join(' ')} failed (${signal ?? `exit code ${code}`}).`));
    });
  });
}
