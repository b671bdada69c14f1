/**
 * Imports a file and prints the most memory, in bytes, that was in use (and not garbage) after any batch:
 * `node --expose-gc --import tsx tests/import/measure-memory.ts FILE [--keep-rows]`.
 */
import { createDb } from '@/db/client';
import { openCsv, readRows } from '@/node/import/csv';
import { importProducts } from '@/node/import/run';

const [file = '', flag] = process.argv.slice(2);
const kept: unknown[] = [];
// The negative control: a reader that forgets to forget.
if (flag === '--keep-rows') for await (const row of readRows(await openCsv(file))) kept.push(row);

let peak = 0;
await importProducts(
  { file, currency: 'EUR', markets: {} },
  {
    db: createDb({ url: process.env.DATABASE_URL ?? '', fetchEndpoint: process.env.NEON_FETCH_ENDPOINT }),
    onChange: async () => {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + external);
    },
  },
);
console.info(`peak ${peak}`);
console.info(`${kept.length} rows kept`);
