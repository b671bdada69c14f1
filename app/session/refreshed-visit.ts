import { bind } from '@/app/api/bind';
import { isFromOtherSite } from '@/edge/http';
import { html } from '@/node/html';
import { refreshOperation } from '@/node/login';
import { returnPathOf } from '@/node/oauth/return-path';
import { apiRequest, seeOther } from './own-form';

const refresh = bind(refreshOperation);

/**
 * Where a page leads whose visitor's session has to be refreshed first: refreshes it and leads back, or on to the login
 * where the session is over. Who comes by a link of another site takes one more step, so that no other site's page can
 * have a session refreshed and see how long it took.
 */
export async function refreshedVisit(request: Request): Promise<Response> {
  const next = returnPathOf(new URL(request.url).searchParams.get('next') ?? undefined);
  if (isFromOtherSite(request)) return oneMoreStep(next);
  // Next's router, which fetches, comes again with a document: so what it keeps of whoever was signed in is dropped.
  const dest = request.headers.get('sec-fetch-dest');
  if (dest !== null && dest !== 'document')
    return new Response(null, { status: 204, headers: { 'cache-control': 'private, no-store' } });
  const response = await refresh(apiRequest(request, '/api/auth/refresh'));
  const cookies = response.headers.getSetCookie();
  if (response.ok) return seeOther(next, cookies);
  const { code } = (await response.json()) as { code: string };
  const login = new URLSearchParams({ next, ...(code === 'session_ended' ? {} : { problem: code }) });
  return seeOther(`/login?${login}`, cookies);
}

/** A page of ours that asks for the same address by itself, also without scripts. */
function oneMoreStep(next: string): Response {
  const address = `/session?${new URLSearchParams({ next })}`;
  const { markup } = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="0;url=${address}">
<title>One moment · Selvedge</title>
<p><a href="${address}">Go on</a></p>
</html>`;
  return new Response(markup, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    },
  });
}
