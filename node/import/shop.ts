import type { CatalogChange } from '@/db/products';
import { createKv } from '@/edge/kv';
import { invalidateCatalog } from '@/edge/snapshot';

type Env = Record<string, string | undefined>;

/** Beyond this it is cheaper for all to forget everything than to name what changed. */
const MAX_NAMED = 500;
const EVERY_MS = 3_000;
const TIMEOUT_MS = 20_000;

/**
 * Tells a running shop what a command changed, so that it shows at once: KV's copies are voided, and the outbox is
 * drained, which renews the pages. Nothing is lost where nobody answers: the outbox has it all, and its next sweep
 * delivers it.
 */
export class ShopNotice {
  readonly #env: Env;
  #slugs: string[] = [];
  #variantIds: string[] = [];
  #toldAt = Date.now();
  #outcome = 'Nothing changed.';

  constructor(env: Env) {
    this.#env = env;
  }

  /** Takes note of a change; tells the shop of it with others, some seconds later. */
  async note({ slugs, variantIds }: CatalogChange): Promise<void> {
    this.#slugs.push(...slugs);
    this.#variantIds.push(...variantIds);
    if (Date.now() - this.#toldAt >= EVERY_MS) await this.tell();
  }

  /** Tells it now what it was not told yet. The answer says how it last went, in words. */
  async tell(): Promise<string> {
    if (this.#slugs.length > 0) {
      const everything = this.#slugs.length + this.#variantIds.length > MAX_NAMED;
      const change = everything ? { everything } : { slugs: this.#slugs, variantIds: this.#variantIds };
      this.#slugs = [];
      this.#variantIds = [];
      this.#outcome = await this.#tellChange(change);
    }
    return this.#outcome;
  }

  /** Tells it now that its rules changed, which every price may show. The answer says how it went, in words. */
  async tellRules(): Promise<string> {
    this.#outcome = await this.#tellChange({ everything: true });
    return this.#outcome;
  }

  async #tellChange(change: Parameters<typeof invalidateCatalog>[1]): Promise<string> {
    const isVoided = await this.#invalidate(change);
    const isDrained = await askForDelivery(this.#env);
    this.#toldAt = Date.now();
    if (isVoided && isDrained) return 'The shop shows it now.';
    if (isVoided) return 'Prices and stock show now; pages of the shop follow when its outbox is next swept.';
    return 'No shop answered; the change shows when its outbox is next swept.';
  }

  async #invalidate(change: Parameters<typeof invalidateCatalog>[1]): Promise<boolean> {
    const { KV_REST_API_URL: url, KV_REST_API_TOKEN: token } = this.#env;
    if (!url || !token) return false;
    try {
      await invalidateCatalog(createKv({ url, token }), change);
      return true;
    } catch {
      return false;
    }
  }
}

/** Asks the running shop to drain its outbox now; false where none answers, and its next sweep will. */
export async function askForDelivery({ SITE_URL: site, CRON_SECRET: secret }: Env): Promise<boolean> {
  if (!site || !secret) return false;
  try {
    const response = await fetch(new URL('/api/cron/outbox', site), {
      headers: { authorization: `Bearer ${secret}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
