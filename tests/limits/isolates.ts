import { vi } from 'vitest';
import { type Admission, admit } from '@/edge/gate';
import { limiterKv } from '@/edge/kv-limiter';
import { createLimiter, type Limiter } from '@/edge/limits/limiter';

/** What the proxy of these tests overwrites. */
export const ADDRESS_HEADER = 'x-test-address';

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

/** One isolate of an edge network, with a memory of its own. */
export interface Isolate {
  /** What the gate says to a request of this address, `null` for one that nobody vouches for. */
  ask(address: string | null, asked?: Asked): Promise<Admission>;
  /** How often KV was opened for a decision. */
  opened(): number;
  /** Waits for what was put off until after the answers. */
  settle(): Promise<void>;
}

export function startIsolate(env: Record<string, string>, planted?: Limiter): Isolate {
  const open = limiterKv({ url: env.KV_REST_API_URL!, token: env.KV_REST_API_TOKEN! });
  let opened = 0;
  const limiter =
    planted ??
    createLimiter(() => {
      opened += 1;
      return open();
    });
  const later: Promise<unknown>[] = [];
  return {
    ask: (address, { method = 'POST', path = '/api/auth/login', headers = {} } = {}) =>
      admit(
        new Request(`http://shop.test${path}`, {
          method,
          headers: { ...headers, ...(address === null ? {} : { [ADDRESS_HEADER]: address }) },
        }),
        { now: new Date(), waitUntil: (work) => void later.push(work), limiter },
      ),
    opened: () => opened,
    async settle() {
      while (later.length > 0) await Promise.all(later.splice(0));
    },
  };
}

/** 200 where the gate lets in, else the status that it answers. */
export const statusOf = (admission: Admission) => (admission.isAdmitted ? 200 : admission.response.status);

/** The headers that the answer carries to the client. */
export const headersOf = (admission: Admission) =>
  admission.isAdmitted ? new Headers(admission.headers) : admission.response.headers;

/** How many of many answers have a status. */
export const count = (admissions: Admission[], status: number) =>
  admissions.filter((admission) => statusOf(admission) === status).length;

/** Holds the clock, and nothing else, in the middle of a window of every policy: no end of one falls into a test. */
export function holdClock(): void {
  const hour = 3_600_000;
  const middle = Math.floor(Date.now() / hour) * hour + hour / 2 + 30_000;
  vi.useFakeTimers({ toFake: ['Date'], now: middle });
}

let addresses = 0;

/** An address that no test had before. */
export function freshAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}
