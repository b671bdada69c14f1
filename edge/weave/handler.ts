import { parseAddress } from './address';
import { picture } from './picture';

/** Nothing in a picture may load or run anything, even where it is opened as a page of its own. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'none'; sandbox";

const YEAR_SECONDS = 31_536_000;

const FAULTS = {
  not_found: { status: 404, detail: 'There is no such picture.' },
  invalid_input: { status: 400, detail: 'This cloth cannot be woven: look at its warp, weft, sett, finish and gauge.' },
} as const;

/**
 * Answers `GET /weave/{weave}/{form}.svg?…` with the picture of a cloth. It needs no store and no environment. An
 * address always means the same cloth, so that a picture may be kept for a year by browsers and caches. What cannot be
 * woven is a problem document (RFC 9457), `not_found` or `invalid_input`, which repeats nothing of the address.
 */
export function weave(request: Request): Response {
  const asked = parseAddress(new URL(request.url));
  if (typeof asked === 'string') {
    const { status, detail } = FAULTS[asked];
    const problem = {
      type: `urn:selvedge:problem:${asked}`,
      title: asked.replaceAll('_', ' '),
      status,
      detail,
      code: asked,
      requestId: request.headers.get('x-request-id') ?? crypto.randomUUID(),
    };
    return new Response(JSON.stringify(problem), {
      status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-request-id': problem.requestId,
      },
    });
  }
  return new Response(picture(asked.form, asked.cloth), {
    headers: {
      'content-type': 'image/svg+xml',
      'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`,
      'cdn-cache-control': `max-age=${YEAR_SECONDS}`,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
    },
  });
}
