import { bind } from '@/app/api/bind';
import { CommerceError } from '@/commerce/error';
import { isFromOwnPage, type Operation } from '@/edge/http';
import { readText } from '@/edge/json-body';
import { returnPathOf } from '@/node/oauth/return-path';
import { formPageOf } from './form-pages';

interface OwnForm {
  /** What the operation is sent of the form's fields. */
  bodyOf(fields: URLSearchParams): Record<string, unknown>;
  /** The page that comes after it. */
  pageAfter(fields: URLSearchParams): string;
}

/**
 * Binds an operation of the API to a form that a browser without scripts sends: the same operation, held to the same
 * rules. Answers 303 to the page after it with the operation's cookies, or back to the form's page with the code of the
 * problem. A form that does not prove to be of a page of ours is refused, also without a cookie: nobody's browser shall
 * be signed in to somebody else's account.
 */
export function ownForm(operation: Operation, { bodyOf, pageAfter }: OwnForm): (request: Request) => Promise<Response> {
  const call = bind(operation);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const back = (code: string, next?: string) => seeOther(formPageOf(pathname, code, next) ?? '/');
    if (!isFromOwnPage(request)) return back('cross_site_request');
    let fields: URLSearchParams;
    try {
      fields = await readFields(request);
    } catch (error) {
      if (error instanceof CommerceError) return back(error.code);
      throw error;
    }
    const response = await call(apiRequest(request, operation.path, bodyOf(fields)));
    if (response.ok) return seeOther(pageAfter(fields), response.headers.getSetCookie());
    const { code } = (await response.json()) as { code: string };
    const next = fields.get('next');
    return back(code, next ? returnPathOf(next) : undefined);
  };
}

/** The request to an operation of the API that stands for one to a page, which was proved to be our own. */
export function apiRequest(request: Request, path: string, body?: unknown): Request {
  const headers = new Headers(request.headers);
  for (const name of ['content-length', 'content-type', 'origin', 'transfer-encoding']) headers.delete(name);
  headers.set('sec-fetch-site', 'same-origin');
  if (body !== undefined) headers.set('content-type', 'application/json');
  return new Request(new URL(path, request.url), {
    method: 'POST',
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
}

/** 303, so that the next page is fetched by GET; with the cookies that an operation set. */
export function seeOther(location: string, cookies: string[] = []): Response {
  const headers = new Headers({ location, 'cache-control': 'private, no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

async function readFields(request: Request): Promise<URLSearchParams> {
  const mediaType = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw new CommerceError('unsupported_media_type', 'Send the form as application/x-www-form-urlencoded.');
  }
  return new URLSearchParams(await readText(request));
}
