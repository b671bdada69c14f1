/**
 * `npm run import -- FILE.csv`: brings a Shopify product export into the store. `docs/import.md` is its manual.
 *
 * Ends with 0 where everything was imported, 2 where some rows were rejected, 1 where the file was refused or the
 * import could not go on.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import { createDb } from '@/db/client';
import { ImportRefused, ImportStopped } from './import/fault';
import { renderReport, writeReport } from './import/report';
import { type ImportDeps, type ImportOptions, importProducts } from './import/run';
import { ShopNotice } from './import/shop';
import { openStore } from './import/store';

const USAGE = `Usage: npm run import -- FILE.csv [options]

  --currency EUR         what "Variant Price" is in (default EUR)
  --market NAME=USD      also import the column "Price / NAME", in this currency; may be given several times
  --location ID          whose stock the file states (default: the shop's first location)
  --dry-run              say what would happen and write nothing
  --report FILE          write the report to FILE.json, or its rejected rows and notes to FILE.csv
`;

interface Command extends ImportOptions {
  reportFile: string | undefined;
}

process.exitCode = await main().catch((error: unknown) => {
  const isExpected = error instanceof ImportRefused || error instanceof ImportStopped;
  console.error(isExpected || !(error instanceof Error) ? String((error as Error).message) : error.message);
  if (error instanceof ImportRefused) console.error('Nothing was imported.');
  return 1;
});

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  if (command === null) {
    console.error(USAGE);
    return 1;
  }
  const store = await openStore(() =>
    console.error('No store is running here: starting its database for this import.'),
  );
  try {
    const db = createDb({ url: store.env.DATABASE_URL ?? '', fetchEndpoint: store.env.NEON_FETCH_ENDPOINT });
    const notice = new ShopNotice(store.env);
    const progress = openProgress();
    const report = await importProducts(command, {
      db,
      onProgress: progress.update,
      onChange: (change) => notice.note(change),
    }).finally(progress.stop);
    console.info(renderReport(report));
    if (!command.dryRun && report.products.created + report.products.updated > 0) console.info(await notice.tell());
    if (command.reportFile !== undefined) writeReport(command.reportFile, report);
    return report.products.rejected > 0 ? 2 : 0;
  } finally {
    await store.close();
  }
}

function readCommand(args: string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        currency: { type: 'string', default: 'EUR' },
        market: { type: 'string', multiple: true, default: [] },
        location: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        report: { type: 'string' },
      },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) return null;
    // npm runs scripts in the project's folder; the names are meant from where it was called.
    const from = process.env.INIT_CWD ?? process.cwd();
    return {
      file: resolve(from, file),
      currency: readCurrency(values.currency),
      markets: Object.fromEntries(values.market.map(readMarket)),
      location: values.location,
      dryRun: values['dry-run'],
      reportFile: values.report === undefined ? undefined : resolve(from, values.report),
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n`);
    return null;
  }
}

function readMarket(text: string): [market: string, currency: string] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new Error(`--market is a name and a currency, such as International=USD, not "${text}".`);
  return [text.slice(0, at), readCurrency(text.slice(at + 1))];
}

function readCurrency(text: string): string {
  const currency = text.toUpperCase();
  if (Intl.supportedValuesOf('currency').includes(currency)) return currency;
  throw new Error(`"${text}" is not a currency such as EUR.`);
}

type OnProgress = NonNullable<ImportDeps['onProgress']>;

/** A bar where somebody watches, a line now and then where the output is kept. */
function openProgress(): { update: OnProgress; stop: () => void } {
  if (!process.stderr.isTTY) return { update: plainProgress(), stop: () => {} };
  const format = '{phase} [{bar}] {percentage} % | {products} products';
  const bar = new cliProgress.SingleBar({ format, clearOnComplete: true }, cliProgress.Presets.shades_classic);
  let isStarted = false;
  return {
    update({ phase, bytes, totalBytes, products }) {
      const payload = { phase: phase === 'check' ? 'Checking ' : 'Importing', products };
      if (isStarted) bar.update(bytes, payload);
      else bar.start(totalBytes, bytes, payload);
      isStarted = true;
    },
    stop: () => bar.stop(),
  };
}

function plainProgress(): OnProgress {
  let shownAt = Date.now();
  return ({ phase, bytes, totalBytes, products }) => {
    if (Date.now() - shownAt < 5_000) return;
    shownAt = Date.now();
    const percent = Math.floor((bytes / totalBytes) * 100);
    console.error(
      phase === 'check' ? `Checking the file: ${percent} %` : `Importing: ${percent} %, ${products} products`,
    );
  };
}
