import { dispatch } from '@/edge/http';
import { edgeOperations } from '@/edge/routes';

/** The shop's edge as a Worker: the operations as they are, with the platform's `waitUntil`. */
export default {
  fetch: (request: Request, _env: unknown, context: { waitUntil(work: Promise<unknown>): void }) =>
    dispatch(edgeOperations, request, { waitUntil: (work) => context.waitUntil(work), revalidateTags: () => {} }),
};
