/**
 * `npm run rules -- FILE.json`: validates, previews and loads price lists, promotions, taxes and ways of shipping.
 * `docs/rules.md` is its manual.
 *
 * Ends with 0 where the rules were loaded (or, with --dry-run, could be), 2 where the file was refused, 1 where the
 * command could not go on.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createDb, type Db } from '@/db/client';
import { databaseFault } from '@/db/fault';
import { ShopNotice } from './import/shop';
import { openStore } from './import/store';
import { isUnchanged } from './rules/compare';
import { writeRuleFile } from './rules/describe';
import { loadRules } from './rules/load';
import { renderReport } from './rules/report';
import { readShop } from './rules/shop';

const USAGE = `Usage: npm run rules -- FILE.json [options]
       npm run rules -- --export > FILE.json

  --dry-run         say what would happen and write nothing
  --sample FILE     preview the sample carts of this file instead
  --json            print the report as JSON
  --export          print the present rules as a rule file
`;

const MAX_FILE_BYTES = 16 * 1024 * 1024;

interface Command {
  /** Null: export. */
  file: string | null;
  sampleFile: string | undefined;
  dryRun: boolean;
  json: boolean;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(inWords(error));
  return 1;
});

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  if (command === null) {
    console.error(USAGE);
    return 1;
  }
  const { file, sampleFile } = command;
  const text = file === null ? null : readText(file);
  const samples = sampleFile === undefined ? undefined : readText(sampleFile);
  const store = await openStore(() => console.error('No store is running here: starting its database for this.'));
  try {
    const db = createDb({ url: store.env.DATABASE_URL ?? '', fetchEndpoint: store.env.NEON_FETCH_ENDPOINT });
    if (text === null) return await exportRules(db);
    const report = await loadRules(text, { dryRun: command.dryRun, samples }, db);
    const isLoaded = report.accepted && report.changes !== null && !isUnchanged(report.changes);
    const outcome = isLoaded ? await new ShopNotice(store.env).tellRules() : null;
    if (command.json) console.info(JSON.stringify({ ...report, outcome }, null, 2));
    else console.info([renderReport(report), ...(outcome === null ? [] : [outcome])].join('\n'));
    return report.errors.length > 0 ? 2 : 0;
  } finally {
    await store.close();
  }
}

async function exportRules(db: Db): Promise<number> {
  const { present } = await readShop(db);
  process.stdout.write(writeRuleFile(present));
  return 0;
}

function readCommand(args: string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        sample: { type: 'string' },
        json: { type: 'boolean', default: false },
        export: { type: 'boolean', default: false },
      },
    });
    const [file] = positionals;
    if (positionals.length !== (values.export ? 0 : 1)) return null;
    // npm runs scripts in the project's folder; the names are meant from where it was called.
    const from = process.env.INIT_CWD ?? process.cwd();
    return {
      file: file === undefined ? null : resolve(from, file),
      sampleFile: values.sample === undefined ? undefined : resolve(from, values.sample),
      dryRun: values['dry-run'],
      json: values.json,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n`);
    return null;
  }
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}.`);
  }
  if (bytes.length > MAX_FILE_BYTES) throw new Error(`${file} is larger than any rule file.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file} is not encoded in UTF-8.`);
  }
}

/** Never the statement, whose parameters are the shop's own, and never the address with its password. */
function inWords(error: unknown): string {
  const fault = databaseFault(error);
  if (fault?.sqlState === '42P01') {
    return 'The database does not have the tables of the store yet. Migrate it first: npx tsx db/migrate.ts';
  }
  if (fault) {
    const what = fault.sqlState === null ? 'does not answer' : 'refused';
    return `The database ${what} (${fault.message.slice(0, 300).replace(/\.$/, '')}). Nothing was loaded.`;
  }
  return error instanceof Error ? error.message : String(error);
}
