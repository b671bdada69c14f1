import { revalidateTag } from 'next/cache';
import { after } from 'next/server';
import type { Host, Operation } from '@/edge/http';

/** Binds an operation that runs on Node to a route file, and lends it what Next has: work after the response, and tags. */
export function bind(operation: Operation): (request: Request) => Promise<Response> {
  return async (request) => {
    const tags = new Set<string>();
    // At once: who looks next sees what changed, not what was kept from before.
    const flush = () => {
      for (const tag of tags) revalidateTag(tag, { expire: 0 });
      tags.clear();
    };
    const host: Host = {
      // As a function: Next only carries out revalidations of `after` that are made inside its callback.
      waitUntil: (work) =>
        after(async () => {
          await work.catch(() => {});
          flush();
        }),
      revalidateTags: (changed) => {
        for (const tag of changed) tags.add(tag);
      },
    };
    const response = await operation.handle(request, host);
    flush();
    return response;
  };
}
