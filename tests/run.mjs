// `npm test`. Plain JavaScript, since it installs what it needs.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installMissing, requireNode } from '../local/install.mjs';

/** What a plain machine cannot run, and the variable that includes it. */
const LEFT_OUT = [
  ['POSTGRES_URL', 'a real PostgreSQL', 'POSTGRES_URL=postgres://user@127.0.0.1:5432/postgres'],
  ['REDIS_URL', 'a real Redis', 'REDIS_URL=redis://127.0.0.1:6379'],
  ['BROWSER', 'a browser', 'BROWSER=1, or BROWSER=/path/to/chromium'],
  ['BUILT_APP', 'the built Next app (builds it first)', 'BUILT_APP=1'],
];

requireNode();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  await installMissing(root);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'selvedge-tests-'));
const report = join(folder, 'report.json');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const child = spawn(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// A Ctrl-C reaches vitest as well, which ends by itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));

child.once('close', (code, signal) => {
  const { passed, failed, skipped } = count(report, code !== 0);
  rmSync(folder, { recursive: true, force: true });
  const missing = LEFT_OUT.filter(([variable]) => !process.env[variable]);
  if (missing.length > 0) {
    console.info('\nLeft out here, and how to include it:');
    for (const [, what, how] of missing) console.info(`  ${what}: ${how}`);
  }
  console.info(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(signal ? 1 : (code ?? 1));
});

/** A file that does not load has no tests to fail, and a run that breaks has no report: both count as a failure. */
function count(file, hasFailed) {
  if (!existsSync(file)) return { passed: 0, failed: hasFailed ? 1 : 0, skipped: 0 };
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const broken = result.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  return {
    passed: result.numPassedTests,
    failed: Math.max(result.numFailedTests + broken, hasFailed ? 1 : 0),
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
