import { type NextRequest, NextResponse } from 'next/server';

/**
 * Names every API request before anything else sees it, so that a fault can be found by the id that its answer
 * carries. No handler trusts that this ran: each checks for itself.
 */
export function middleware(request: NextRequest): NextResponse {
  const headers = new Headers(request.headers);
  headers.set('x-request-id', crypto.randomUUID());
  return NextResponse.next({ request: { headers } });
}

// Pages stay off it: they are static, and a request through middleware costs a third of the throughput.
export const config = { matcher: '/api/:path*' };
