import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = pathToFileURL(fileURLToPath(new URL('../../local/install.mjs', import.meta.url))).href;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'install-'));
  writeFileSync(join(root, 'npm.js'), "require('node:fs').writeFileSync('npm.log', process.argv.slice(2).join(' '))");
  lock({ '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function lock(packages: object): void {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

function installed(packages: object): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  const file = join(root, 'node_modules', '.package-lock.json');
  writeFileSync(file, JSON.stringify({ packages }));
  // As after a checkout: the lockfile is the newer of the two.
  utimesSync(file, new Date(0), new Date(0));
}

function node(code: string) {
  const env = { ...process.env, npm_execpath: join(root, 'npm.js') };
  return spawnSync(process.execPath, ['--input-type=module', '-e', `import * as install from '${script}'; ${code}`], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
}

const npmWasAsked = () => existsSync(join(root, 'npm.log'));

describe('installing what is missing', () => {
  const install = () => node('await install.installMissing(process.cwd())');

  it('installs the lockfile, development packages included, where nothing is there', () => {
    const { stdout, status } = install();
    expect(status).toBe(0);
    expect(readFileSync(join(root, 'npm.log'), 'utf8')).toMatch(/^ci --include=dev/);
    expect(stdout).toMatch(/^✓ Installing packages \d+\.\d s\n$/);
  });

  it('touches nothing where all is there, whatever the dates of the files say', () => {
    installed({ 'node_modules/a': { version: '1.0.0' } });
    expect(install().stdout).toBe('');
    expect(npmWasAsked()).toBe(false);
  });

  it('installs where a package is missing or of another version', () => {
    installed({ 'node_modules/a': { version: '0.9.0' } });
    install();
    expect(npmWasAsked()).toBe(true);
    rmSync(join(root, 'npm.log'));
    installed({});
    install();
    expect(npmWasAsked()).toBe(true);
  });

  it('shows what npm said where it fails', () => {
    writeFileSync(join(root, 'npm.js'), "console.error('no network'); process.exit(7)");
    const { stdout, stderr, status } = install();
    expect(status).toBe(1);
    expect(stdout).toContain('✗ Installing packages');
    expect(stderr).toMatch(/no network\n\n.*failed \(exit code 7\)/);
  });
});

describe('the lockfile', () => {
  type Packages = Record<string, { optionalDependencies?: Record<string, string> }>;

  /** What a package may need on another platform, and the lockfile has no entry for: `npm ci` refuses such a lockfile. */
  function unnamed(packages: Packages): string[] {
    return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
      // As Node looks for it: below the package itself, then one level further out each time.
      const levels = path
        .split('node_modules/')
        .map((_, index, parts) => parts.slice(0, index + 1).join('node_modules/'));
      const folders = levels.map((level) => (level === '' || level.endsWith('/') ? level : `${level}/`));
      return Object.keys(optionalDependencies).filter(
        (name) => !folders.some((folder) => `${folder}node_modules/${name}` in packages),
      );
    });
  }

  it('names the packages of every platform, whichever it was written on', () => {
    const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    expect(unnamed(packages)).toEqual([]);
    delete packages['node_modules/@next/swc-darwin-arm64'];
    expect(unnamed(packages)).toContain('@next/swc-darwin-arm64');
  });
});

describe('the check of Node', () => {
  it.each(['20.19.0', '20.20.1', '22.0.0', '24.1.0'])('takes %s', (version) => {
    expect(node(`install.requireNode('${version}')`).status).toBe(0);
  });

  it.each(['18.20.8', '20.18.3', '8.17.0'])('refuses %s, and says what is needed', (version) => {
    const { status, stderr } = node(`install.requireNode('${version}')`);
    expect(status).toBe(1);
    expect(stderr).toContain(`Selvedge needs Node 20.19 or newer; this is ${version}.`);
  });
});

describe('npm test', () => {
  it('says what was left out and ends with the numbers, a file that does not load among the failures', () => {
    const repository = fileURLToPath(new URL('../..', import.meta.url));
    const folder = mkdtempSync(join(repository, 'tests', 'local', '.run-'));
    try {
      mkdirSync(join(folder, 'a'));
      writeFileSync(
        join(folder, 'a', 'one.test.ts'),
        "import { it } from 'vitest'; it('passes', () => {}); it.skip('skips', () => {}); it('fails', () => { throw new Error('no') });",
      );
      writeFileSync(join(folder, 'a', 'two.test.ts'), "import './missing';");
      const run = (...files: string[]) =>
        spawnSync(process.execPath, [join(repository, 'tests/run.mjs'), ...files.map((file) => join(folder, file))], {
          encoding: 'utf8',
          env: { ...process.env, POSTGRES_URL: '', REDIS_URL: 'redis://127.0.0.1:1', VITEST: '' },
        });
      const both = run('a');
      expect(both.status).toBe(1);
      expect(both.stdout).toMatch(/Left out here.*\n.*POSTGRES_URL=/);
      expect(both.stdout).not.toContain('REDIS_URL=');
      expect(both.stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 2 failed, 1 skipped');

      writeFileSync(join(folder, 'good.test.ts'), "import { it } from 'vitest'; it('passes', () => {});");
      const good = run('good');
      expect(good.status).toBe(0);
      expect(good.stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
