import { hash, verify } from '@node-rs/argon2';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { CommerceError } from '@/commerce/error';

/** OWASP's argon2id for servers: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$';

/** Of a password that nobody knows, at the cost of a real one. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$5Uh/U0h4fn60t3+z0zCnyg$AVTA4GZyGdtBXkmPoQuXyIVZ3lmWmX8hDKqvzHzT1vY';

/** Half of the threads that libuv has by default: files and names must be found while passwords are hashed. */
const AT_ONCE = 2;
/** Some two seconds of work; whoever comes later hears that at once. */
const MAX_WAITING = 200;

const MIN_CHARACTERS = 10;
const MAX_CHARACTERS = 256;

/** What a password may not be made of, beside the address that it is for. */
const SHOP_NAME = 'selvedge';
/** Shorter local parts are in too many words to tell anything. */
const MIN_TELLING_CHARACTERS = 4;

/** An estimate takes the longer the longer the password is; what is hard to guess by then is so for good. */
const MAX_ESTIMATED_CHARACTERS = 64;
/** Of zxcvbn, 0 to 4: more than 10^8 guesses. */
const MIN_SCORE = 3;

/**
 * The argon2id hash of a password, in PHC form. Passwords are taken in Unicode's NFKC, so that it does not matter which
 * keyboard typed them. At most two are hashed at once in a process; throws `passwords_busy` where too many wait already.
 */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(normalized(password), COST));
}

/**
 * Whether a password is the one of a hash. Null, for an account that is not there or has no password, is never right and
 * takes as long. Throws `passwords_busy` as `hashPassword` does.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const isRight = await inTurn(() => verify(passwordHash ?? NOBODYS_HASH, normalized(password)));
  return isRight && passwordHash !== null;
}

/** Whether a hash was made at another cost than today's: to be made again when its password is next typed. */
export function needsRehash(passwordHash: string): boolean {
  return !passwordHash.startsWith(PREFIX);
}

/**
 * Refuses a password that others would guess (NIST SP 800-63B-4: length and a list of what is common, no rules on which
 * characters). Throws `password_too_weak` with an issue at `path`: `too_short`, `too_long`, `contains_email`,
 * `contains_shop_name` or `common`. Must be awaited.
 */
export async function requireStrongPassword(
  password: string,
  person: { email: string; name: string },
  path = 'password',
): Promise<void> {
  const weakness = await weaknessOf(normalized(password), person);
  if (weakness === null) return;
  const message = WEAKNESSES[weakness];
  throw new CommerceError('password_too_weak', message, { issues: [{ path, code: weakness, message }] });
}

const WEAKNESSES = {
  too_short: `Take at least ${MIN_CHARACTERS} characters: three or four words do well.`,
  too_long: `Take at most ${MAX_CHARACTERS} characters.`,
  contains_email: 'Leave your mail address out of the password.',
  contains_shop_name: 'Leave the name of the shop out of the password.',
  common:
    'This password is among the first that others would try. Three or four words that do not belong together do well.',
};

async function weaknessOf(
  password: string,
  { email, name }: { email: string; name: string },
): Promise<keyof typeof WEAKNESSES | null> {
  // NIST counts code points, not the halves of UTF-16.
  const characters = [...password];
  if (characters.length < MIN_CHARACTERS) return 'too_short';
  if (characters.length > MAX_CHARACTERS) return 'too_long';
  const lowered = password.toLowerCase();
  const localPart = normalized(email).toLowerCase().split('@', 1)[0] as string;
  if (localPart.length >= MIN_TELLING_CHARACTERS && lowered.includes(localPart)) return 'contains_email';
  if (lowered.includes(SHOP_NAME)) return 'contains_shop_name';
  // It knows derivatives, too: reversed, and with digits for letters.
  const known = [SHOP_NAME, email, ...`${email} ${name}`.split(/[^\p{L}\p{N}]+/u)].filter((word) => word !== '');
  const { score } = (await estimator()).check(characters.slice(0, MAX_ESTIMATED_CHARACTERS).join(''), known);
  return score < MIN_SCORE ? 'common' : null;
}

let loading: Promise<ZxcvbnFactory> | undefined;

/** Loaded at first need: its lists take 80 ms and 24 MB, and whoever merely logs in needs none. */
function estimator(): Promise<ZxcvbnFactory> {
  loading ??= Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]).then(
    ([{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }]) =>
      new Factory({ dictionary, graphs: adjacencyGraphs, maxLength: MAX_ESTIMATED_CHARACTERS }),
  );
  return loading;
}

function normalized(text: string): string {
  return text.normalize('NFKC');
}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs as many at once as memory and threads allow, the others in the order in which they came. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running < AT_ONCE) running += 1;
  else if (waiting.length >= MAX_WAITING) {
    throw new CommerceError('passwords_busy', 'Too many people are logging in at this moment. Try again in a moment.');
  } else await new Promise<void>((turn) => waiting.push(turn));
  try {
    return await work();
  } finally {
    // The place is handed on as it is, so that nobody slips in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
