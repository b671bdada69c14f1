/**
 * `npm run signing-keys -- list | rotate | revoke KID`: the keys that access tokens are signed with. What it says goes to
 * the standard output. Ends with 1 where it could not be done.
 */
import type { Db } from '@/db/client';
import { runCommand } from './command';
import { listSigningKeys, revokeSigningKey, rotateSigningKeys, type SigningKey } from './signing-keys';

const USAGE = `Usage: npm run signing-keys -- COMMAND

  list         the keys that are published, and what each does
  rotate       a new key, which signs in some minutes; nobody is signed out
  revoke KID   ends a key that has leaked: within five minutes what it signed is worth nothing, and sessions
               are refreshed with another one
`;

await runCommand({
  usage: USAGE,
  read: readCommand,
  run: (command, db, { AUTH_SECRET }) => carryOut(db, command, AUTH_SECRET),
});

type Command = { name: 'list' | 'rotate' } | { name: 'revoke'; kid: string };

/** By hand: a key's name may begin with the dash of an option. */
function readCommand([name, kid, ...more]: string[]): Command | null {
  if (more.length > 0) return null;
  if ((name === 'list' || name === 'rotate') && kid === undefined) return { name };
  return name === 'revoke' && kid !== undefined ? { name, kid } : null;
}

async function carryOut(db: Db, command: Command, secret: string | undefined): Promise<void> {
  if (command.name === 'rotate') {
    if (!secret) throw new Error('Set AUTH_SECRET to the one that the shop runs with.');
    await rotateSigningKeys(db, { AUTH_SECRET: secret });
  }
  if (command.name === 'revoke' && !(await revokeSigningKey(db, command.kid))) {
    throw new Error(`The shop publishes no key "${command.kid}".`);
  }
  const keys = await listSigningKeys(db);
  for (const key of keys) console.info(`${key.kid}  ${describe(key, new Date())}`);
  if (keys.length === 0) console.info('No key is published. The next login makes one.');
}

function describe({ signsFrom, signsUntil, publishedUntil }: SigningKey, now: Date): string {
  if (signsFrom > now) return `signs from ${signsFrom.toISOString()}`;
  if (signsUntil === null) return 'signs';
  if (signsUntil > now)
    return `signs until ${signsUntil.toISOString()}, published until ${publishedUntil?.toISOString()}`;
  return `published until ${publishedUntil?.toISOString()}`;
}
