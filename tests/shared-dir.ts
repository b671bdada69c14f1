import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * A folder of other people's data (public test vectors, product exports) that lies beside the checkout, at `SHARED_DIR`
 * or `../shared`; null, and said plainly, where it is not there.
 */
export function sharedDir(part: string): string | null {
  const folder = resolve(process.env.SHARED_DIR ?? '../shared', part);
  if (existsSync(folder)) return folder;
  console.warn(`left out: ${part} is not there (SHARED_DIR says where the shared data lie)`);
  return null;
}
