/**
 * Plain JavaScript, because a thread does not inherit the TypeScript loader of a test runner or of tsx.
 *
 * PGlite in a thread of its own: a query runs synchronously inside WebAssembly, and on the main thread it would
 * hold up every KV answer for as long as it takes. Talks Postgres' own wire messages to it, with parameters and
 * results as text, so that nothing between the driver and the database interprets a value.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { messages, PGlite, protocol } from '@electric-sql/pglite';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';

const { serialize } = protocol;
const port = parentPort;
/** Making a cluster takes seconds of work, loading a copy of an empty one a fraction: it is made once per version. */
const templates = new URL('../node_modules/.cache/selvedge/', import.meta.url);

const database = await open(workerData.dataDir).catch((error) => {
  port.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});

// One connection: requests wait for each other, so a batch is never interleaved with another request.
let queue = Promise.resolve();
port.on('message', (message) => {
  queue = queue.then(async () => {
    if (message === 'close') {
      await database.close();
      process.exit(0);
    }
    const { id, request } = message;
    try {
      const results = await answer(request);
      port.postMessage({ id, results });
    } catch (error) {
      port.postMessage({ id, error: errorFields(error) });
    }
  });
});
port.postMessage('ready');

async function open(dataDir) {
  const extensions = { citext, pg_trgm, unaccent };
  if (dataDir === null) return PGlite.create({ dataDir: 'memory://', extensions, loadDataDir: await template() });
  if (!existsSync(`${dataDir}/PG_VERSION`)) {
    // Made beside its place and then moved there whole, so that a kill cannot leave half a cluster in it.
    const fresh = `${dataDir}.new`;
    rmSync(fresh, { recursive: true, force: true });
    const made = await PGlite.create({ dataDir: fresh, loadDataDir: await template() });
    await made.close();
    renameSync(fresh, dataDir);
  }
  return PGlite.create({ dataDir, extensions });
}

async function template() {
  const file = fileURLToPath(new URL(`pglite-${pgliteVersion()}.tar.gz`, templates));
  if (existsSync(file)) return new Blob([readFileSync(file)]);
  const made = await PGlite.create({ dataDir: 'memory://' });
  const dump = await made.dumpDataDir('gzip');
  await made.close();
  try {
    mkdirSync(templates, { recursive: true });
    const partial = `${file}.${randomUUID()}`;
    writeFileSync(partial, Buffer.from(await dump.arrayBuffer()));
    renameSync(partial, file);
  } catch {
    // Where nothing can be kept, the next start makes it again.
  }
  return dump;
}

function pgliteVersion() {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return devDependencies['@electric-sql/pglite'];
}

/** @type {(request: import('./sql').SqlRequest) => Promise<import('./sql').SqlResult[]>} */
async function answer({ queries, begin, changesSession }) {
  const results = [];
  try {
    if (begin !== null) await run(begin, []);
    for (const { query, params } of queries) results.push(await run(query, params));
    if (begin !== null) await run('COMMIT', []);
    return results;
  } finally {
    // What one request leaves behind (an open transaction, a setting) is not there for the next.
    if (database.isInTransaction()) await run('ROLLBACK', []);
    if (changesSession) await run('DISCARD ALL', []);
  }
}

/** Parse, Bind, Describe, Execute and Sync in one call, as a pipelining driver sends them. */
async function run(text, params) {
  const wire = Buffer.concat([
    serialize.parse({ text }),
    serialize.bind({ values: params }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
    serialize.sync(),
  ]);
  const result = { command: '', rowCount: null, fields: [], rows: [] };
  const answered = await database.execProtocol(wire, { throwOnError: false });
  for (const message of answered.messages) {
    if (message instanceof messages.DatabaseError) throw message;
    if (message instanceof messages.RowDescriptionMessage) {
      result.fields = message.fields.map((field) => ({
        name: field.name,
        tableID: field.tableID,
        columnID: field.columnID,
        dataTypeID: field.dataTypeID,
        dataTypeSize: field.dataTypeSize,
        dataTypeModifier: field.dataTypeModifier,
        format: 'text',
      }));
    } else if (message instanceof messages.DataRowMessage) {
      result.rows.push(message.fields);
    } else if (message instanceof messages.CommandCompleteMessage) {
      // "INSERT 0 5", "SELECT 3", "CREATE TABLE": the command, and the count where there is one.
      const words = message.text.split(' ');
      result.command = words[0];
      if (/^\d+$/.test(words.at(-1))) result.rowCount = Number(words.at(-1));
    }
  }
  return result;
}

function errorFields(error) {
  if (error instanceof messages.DatabaseError) return { ...error, message: error.message };
  return { message: error instanceof Error ? error.message : String(error), code: 'XX000', severity: 'FATAL' };
}
