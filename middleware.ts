import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server';
import { admit } from '@/edge/gate';
import { isPersonalPage, newNonce, personalPagePolicy } from '@/edge/page-headers';
import { formPageOf } from './app/session/form-pages';

/**
 * Every API request passes the gate; what it lets in goes on with its name, and its answer tells the limits. A visitor's
 * own pages get a policy of their own, whose nonce Next reads from the request and gives to its scripts.
 */
export async function middleware(request: NextRequest, event: NextFetchEvent): Promise<Response> {
  const admission = await admit(request, { now: new Date(), waitUntil: (work) => event.waitUntil(work) });
  const { pathname } = request.nextUrl;
  if (!admission.isAdmitted) return refusedForm(request, admission.response.status) ?? admission.response;
  const { requestHeaders, headers } = admission;
  if (isPersonalPage(pathname)) {
    const policy = personalPagePolicy(newNonce(), { isDevelopment: process.env.NODE_ENV === 'development' });
    requestHeaders.set('content-security-policy', policy);
    Object.assign(headers, { 'content-security-policy': policy, 'cache-control': 'private, no-store' });
  }
  return NextResponse.next({ request: { headers: requestHeaders }, headers });
}

/** A form without scripts is answered by a page, and not by a problem document. */
function refusedForm({ nextUrl, method, url }: NextRequest, status: number): Response | null {
  const code = status === 429 ? 'rate_limited' : 'limiter_unavailable';
  const page = method === 'POST' ? formPageOf(nextUrl.pathname, code) : null;
  return page === null ? null : NextResponse.redirect(new URL(page, url), 303);
}

// Cached pages stay off it: they are files, and a request through middleware costs a third of the throughput. Only a path
// with a percent sign, which no page of the shop's own links has, takes the way through. The pages are those of
// `PERSONAL_PAGES`, which a test holds together: Next wants to read them here.
export const config = {
  matcher: [
    '/api/:path*',
    '/((?=.*%).*)',
    '/session/:path*',
    '/cart',
    '/checkout',
    '/login',
    '/register',
    '/account/:path*',
    '/orders/:id',
  ],
};
