/** How long to wait after the nth failure in a row, and how failures are forgotten. */
export interface Backoff {
  /** So many failures cost no time; the wait after the last of them is one second, and doubles with each more. */
  free: number;
  /** One failure is forgotten for each such stretch without another one. */
  forgetSeconds: number;
}

/** What is guessed: each kind is counted by itself. */
export type GuessKind = 'password' | 'second_factor';

/**
 * What failures are counted against. A device that the account was used from before is counted alone, by a secret that
 * no stranger has: so whatever strangers do, it may go on. All other devices are counted three times.
 */
export type BackoffScope = 'known_device' | 'account_and_address' | 'address' | 'account';

const MAX_WAIT_SECONDS = 15 * 60;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * A stranger has four guesses an hour at one account from one address, once the free ones are gone, and a hundred from
 * all addresses together. Of the million codes of a second factor two an hour may be tried: who asks has the password.
 */
export const BACKOFFS: Record<GuessKind, Record<BackoffScope, Backoff>> = {
  password: {
    known_device: { free: 10, forgetSeconds: 5 * MINUTE },
    account_and_address: { free: 5, forgetSeconds: 15 * MINUTE },
    address: { free: 30, forgetSeconds: MINUTE },
    account: { free: 100, forgetSeconds: HOUR / 100 },
  },
  second_factor: {
    known_device: { free: 5, forgetSeconds: 30 * MINUTE },
    account_and_address: { free: 5, forgetSeconds: 30 * MINUTE },
    address: { free: 30, forgetSeconds: MINUTE },
    account: { free: 20, forgetSeconds: 30 * MINUTE },
  },
};

/** The seconds to wait after the first, second, third failure and so on; after more of them than are listed, the last. */
export function waitsOf({ free }: Backoff): number[] {
  const waits = Array<number>(free - 1).fill(0);
  for (let seconds = 1; seconds < MAX_WAIT_SECONDS; seconds *= 2) waits.push(seconds);
  return [...waits, MAX_WAIT_SECONDS];
}
