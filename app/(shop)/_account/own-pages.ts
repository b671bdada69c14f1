import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { after } from 'next/server';
import { siteUrl } from '@/edge/env';
import type { Operation } from '@/edge/http';

/**
 * What the API answers this page's visitor, by their cookies: the same operation, with the same checks, without a trip
 * over the network. Where the session has to be refreshed it leads over `/session` and back to `page`, a guest to the
 * login, and whoever asks for what is not theirs to "not found".
 */
export async function readOwn<Answer>(operation: Operation, path: string, page: string): Promise<Answer> {
  const answer = await readOwnOrNull<Answer>(operation, path, page);
  return answer ?? redirect(`/login?${new URLSearchParams({ next: page })}`);
}

/** As `readOwn`, but null for a guest. */
export async function readOwnOrNull<Answer>(operation: Operation, path: string, page: string): Promise<Answer | null> {
  const { status, body } = await ask(operation, path);
  if (status === 200) return body as Answer;
  const { code } = body as { code: string };
  if (code === 'unauthenticated') return null;
  // A page cannot set the cookies of the refreshed session.
  if (TO_REFRESH.has(code)) redirect(`/session?${new URLSearchParams({ next: page })}`);
  if (status === 404 || status === 422) notFound();
  throw new Error(`${path} answered ${status} ${code} to a page.`);
}

/** As `readOwn`, but null for a guest, and for whoever has to refresh the session first. */
export async function readOwnAsItIs<Answer>(operation: Operation, path: string): Promise<Answer | null> {
  const { status, body } = await ask(operation, path);
  return status === 200 ? (body as Answer) : null;
}

const TO_REFRESH = new Set(['token_expired', 'session_ended']);

async function ask(operation: Operation, path: string): Promise<{ status: number; body: unknown }> {
  const asked = await headers();
  const site = siteUrl() ?? `${asked.get('x-forwarded-proto') ?? 'http'}://${asked.get('host') ?? 'localhost'}`;
  const request = new Request(new URL(path, site), {
    headers: { cookie: asked.get('cookie') ?? '', 'x-request-id': asked.get('x-request-id') ?? '' },
  });
  const response = await operation.handle(request, {
    waitUntil: (work) => after(() => work.catch(() => {})),
    // Reading changes nothing that a cached page shows.
    revalidateTags: () => {},
  });
  return { status: response.status, body: await response.json() };
}
