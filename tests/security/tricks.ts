/** What people send to get past a middleware or a proxy, or to reach a handler by another way than its own. */
import type { Headers } from './world';

/** Other ways to write a path, or to what a server might take for it. The first is the path itself. */
export function pathVariants(path: string): string[] {
  const segments = path.split('/').slice(1);
  const [first = '', ...rest] = segments;
  const last = segments.at(-1) ?? '';
  const before = path.slice(0, path.length - last.length);
  const under = path.slice(1);
  return [
    path,
    `${path}/`,
    `/${path}`,
    `//${path}`,
    path.replaceAll('/', '//').slice(1),
    path.toUpperCase(),
    `/${first.toUpperCase()}/${rest.join('/')}`,
    `${before}${last.charAt(0).toUpperCase()}${last.slice(1)}`,
    `${before}${escaped(last.charAt(0))}${last.slice(1)}`,
    `/${escaped(first.charAt(0))}${first.slice(1)}/${rest.join('/')}`,
    `/${[...under].map((letter) => (letter === '/' ? letter : escaped(letter))).join('')}`,
    `${before}%25${escaped(last.charAt(0)).slice(1)}${last.slice(1)}`,
    path.replaceAll('/', '%2f').replace('%2f', '/'),
    path.replaceAll('/', '\\'),
    `/./${under}`,
    `/%2e/${under}`,
    `/nothing/../${under}`,
    `/nothing/%2e%2e/${under}`,
    `/nothing/..;/${under}`,
    `${path}/.`,
    `${path}/nothing/..`,
    `${path}.`,
    `${path}%2e`,
    `${path}.json`,
    `${path}.rsc`,
    `${path}.txt`,
    `${path}.segments/_tree.segment.rsc`,
    `${path};x`,
    `${path};x=.css`,
    `${path}%3bx`,
    `${path}%00`,
    `${path}%00.css`,
    `${path}%20`,
    `${path}%0a`,
    `${path}%2f`,
    `${path}/x.css`,
    `${path}?`,
    `${path}?_rsc=abcde`,
    `${path}?__nextDataReq=1`,
    `${path}?__nextLocale=de&__nextDefaultLocale=en`,
    `/de${path}`,
    `/_next/data/build${path}.json`,
    `/_next/data/development${path}.json`,
    `/_next${path}`,
    `/_next/static/..${path}`,
    `/_next/image?url=${encodeURIComponent(path)}&w=64&q=75`,
  ];
}

const escaped = (letter: string) =>
  letter === '' ? '' : `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Headers by which a handler or a framework might be told that somebody else has checked already, or who is asking. */
export function headerTricks(path: string): Headers[] {
  const five = (name: string) => Array(5).fill(name).join(':');
  return [
    {},
    ...['middleware', 'src/middleware', 'pages/_middleware', five('middleware'), five('src/middleware'), '1'].map(
      (value) => ({ 'x-middleware-subrequest': value }),
    ),
    { 'x-middleware-subrequest-id': '0000000000000000' },
    { 'x-middleware-next': '1' },
    { 'x-middleware-rewrite': path },
    { 'x-middleware-invoke': '1', 'x-invoke-path': path, 'x-invoke-status': '200' },
    { 'x-invoke-output': path, 'x-invoke-query': '{}' },
    { 'x-middleware-prefetch': '1', 'x-nextjs-data': '1' },
    {
      'x-middleware-override-headers': 'authorization,cookie',
      'x-middleware-request-authorization': 'Bearer a.b.c',
      'x-middleware-request-cookie': 'access=a.b.c',
    },
    { 'x-matched-path': path, 'x-now-route-matches': '1' },
    { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree' },
    { 'next-action': 'x', 'next-router-state-tree': '[]' },
    { 'x-prerender-revalidate': 'x', 'x-prerender-revalidate-if-generated': '1' },
    { 'x-original-url': path, 'x-rewrite-url': path },
    { 'x-original-url': '/api/health', 'x-rewrite-url': '/api/health', 'x-original-uri': '/api/health' },
    ...['GET', 'DELETE', 'PATCH', 'POST'].map((method) => ({
      'x-http-method-override': method,
      'x-http-method': method,
      'x-method-override': method,
    })),
    { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-client-ip': '127.0.0.1', 'true-client-ip': '::1' },
    { 'x-forwarded-host': 'localhost', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    { forwarded: 'for=127.0.0.1;host=localhost;proto=https', 'x-forwarded-prefix': '/api' },
    { 'x-forwarded-user': 'owner', 'remote-user': 'owner', 'x-remote-user': 'owner', 'x-authenticated-user': 'owner' },
    { 'x-user-id': 'acct_01k0000000e8xv5x6h2n8q9w0z', 'x-account-id': 'acct_01k0000000e8xv5x6h2n8q9w0z' },
    { 'x-role': 'owner', 'x-admin': 'true', 'x-permissions': 'orders:read', 'x-debug': '1' },
    { 'x-vercel-cron': '1', 'user-agent': 'vercel-cron/1.0', 'x-vercel-protection-bypass': 'x' },
    { 'x-vercel-forwarded-for': '127.0.0.1', 'x-vercel-id': 'iad1::x', 'x-vercel-sc-headers': '{}' },
    ...[
      'Basic b3duZXI6b3duZXI=',
      'Bearer',
      'Bearer null',
      'Bearer undefined',
      'Bearer [object Object]',
      'Bearer ..',
    ].map((authorization) => ({ authorization })),
    { cookie: 'access=; refresh=; signed_in=1' },
    { cookie: 'access=null; signed_in=1; __Host-access=a.b.c', 'sec-fetch-site': 'same-origin' },
    { 'x-order-token': '', 'x-cart-token': '' },
  ];
}
