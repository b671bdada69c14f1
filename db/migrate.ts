/**
 * Brings a database to the newest schema: `tsx db/migrate.ts [--if-configured]`.
 *
 * Drizzle's own migrator for Neon over HTTP sends statement by statement, so a failure leaves half a migration behind.
 * Here each file is one batch, which is one transaction, and its row in `migrations` is part of it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NeonDbError } from '@neondatabase/serverless';
import { createSql, type DbConnection, type Sql } from './client';
import { findDbConnection } from './connection';

export interface MigrateOptions {
  /** A folder as drizzle-kit writes it: `meta/_journal.json` and `<tag>.sql`. */
  folder?: string;
  /** Told the tag of each migration right after it was applied. */
  onApplied?: (tag: string) => void;
}

interface Migration {
  tag: string;
  checksum: string;
  statements: string[];
}

const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any number that nothing else locks; it reads "selvedge" on a telephone's keys. */
const LOCK = 'select pg_advisory_xact_lock(73583343)';

/**
 * Applies the migrations that the database does not have yet, in the journal's order, and returns their tags.
 * Each is applied whole, together with its record, or not at all. Two runs at once apply each of them once; a run
 * that was cut off is resumed by the next. Throws if a migration was edited after it had been applied.
 */
export async function migrate(connection: DbConnection, options: MigrateOptions = {}): Promise<string[]> {
  const sql = createSql(connection);
  const migrations = readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  // "if not exists" alone is no protection: two that create one table at once collide in the system catalog.
  await sql.transaction([
    sql.query(LOCK),
    sql.query(
      `create table if not exists migrations (
         tag text primary key, checksum text not null, applied_at timestamptz not null default now())`,
    ),
  ]);
  const rows = await sql.query('select tag, checksum from migrations');
  const checksums = new Map(rows.map((row) => [row.tag as string, row.checksum as string]));

  const applied: string[] = [];
  for (const migration of migrations) {
    const known = checksums.get(migration.tag);
    if (known !== undefined && known !== migration.checksum) {
      throw new Error(
        `Migration ${migration.tag} was changed after it had been applied to this database. ` +
          'Put the file back as it was and write a new migration instead.',
      );
    }
    if (known === undefined && (await apply(sql, migration))) {
      applied.push(migration.tag);
      options.onApplied?.(migration.tag);
    }
  }
  return applied;
}

/** False if another run has applied it since we looked. */
async function apply(sql: Sql, { tag, checksum, statements }: Migration): Promise<boolean> {
  try {
    await sql.transaction(
      [
        sql.query(LOCK),
        // First, so that the loser of a race is stopped by the primary key before it changes anything.
        sql.query('insert into migrations (tag, checksum) values ($1, $2)', [tag, checksum]),
        ...statements.map((statement) => sql.query(statement)),
      ],
      // At a higher level the lock would be taken under a snapshot that is older than what it waited for.
      { isolationLevel: 'ReadCommitted' },
    );
    return true;
  } catch (error) {
    if (error instanceof NeonDbError && error.constraint === 'migrations_pkey') return false;
    throw new Error(`Migration ${tag} failed and left nothing behind: ${(error as Error).message}`, { cause: error });
  }
}

function readMigrations(folder: string): Migration[] {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { idx: number; tag: string }[];
  };
  return journal.entries
    .toSorted((a, b) => a.idx - b.idx)
    .map(({ tag }) => {
      // A checkout with other line ends is the same migration.
      const text = readFileSync(join(folder, `${tag}.sql`), 'utf8').replaceAll('\r\n', '\n');
      return {
        tag,
        checksum: createHash('sha256').update(text).digest('hex'),
        statements: text.split('--> statement-breakpoint').filter(hasStatement),
      };
    });
}

/** A file of comments alone, such as a fresh custom migration, has nothing to run. */
function hasStatement(text: string): boolean {
  return text.replaceAll(/^\s*--.*$/gm, '').trim() !== '';
}

async function main(): Promise<void> {
  const connection = findDbConnection();
  if (!connection) {
    // A first deploy builds before its database exists; it must not fail for that.
    const ifConfigured = process.argv.includes('--if-configured');
    console.error('No database: DATABASE_URL is not set and no store is running here.');
    process.exitCode = ifConfigured ? 0 : 1;
    return;
  }
  const applied = await migrate(connection, { onApplied: (tag) => console.info(`Applied ${tag}.`) });
  if (applied.length === 0) console.info('The database is up to date.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
