/**
 * `npm run check`: everything that a change must pass besides the tests. Runs all of it even when something fails, and
 * ends with a line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';

const CHECKS: [name: string, command: string][] = [
  ['format and lint', 'biome ci .'],
  ['types', 'next typegen && tsc --noEmit'],
  ['unused code and dependencies', 'knip'],
  ['import arrows', 'tsx tests/check/arrows.ts'],
  ["Vercel's build and the bundle budget", 'tsx tests/check/deploy.ts'],
];

let failed = 0;
for (const [name, command] of CHECKS) {
  const start = Date.now();
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', NEXT_TELEMETRY_DISABLED: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.info(`${status === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (status !== 0) failed += 1;
  if (status !== 0 || command.startsWith('tsx')) console.info(`${stdout}${stderr}`.trimEnd().replaceAll(/^/gm, '    '));
}
console.info(`\n${CHECKS.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
