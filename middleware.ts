import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server';
import { admit } from '@/edge/gate';

/** Every API request passes the gate; what it lets in goes on with its name, and its answer tells the limits. */
export async function middleware(request: NextRequest, event: NextFetchEvent): Promise<Response> {
  const admission = await admit(request, { now: new Date(), waitUntil: (work) => event.waitUntil(work) });
  if (!admission.isAdmitted) return admission.response;
  return NextResponse.next({ request: { headers: admission.requestHeaders }, headers: admission.headers });
}

// Pages stay off it: they are static, and a request through middleware costs a third of the throughput. Only a path
// with a percent sign, which no page of the shop's own links has, takes the way through.
export const config = { matcher: ['/api/:path*', '/((?=.*%).*)'] };
