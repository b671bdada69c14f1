import { CURRENCY_COOKIE, currencyOr } from '../(shop)/currencies';

/** The currency switch of a browser without scripts: keeps the choice and goes back to the page it was made on. */
export async function POST(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => new FormData());
  const currency = currencyOr(String(form.get('currency') ?? ''));
  const back = String(form.get('back') ?? '');
  // A path of this site only: one slash, and neither a second one nor a backslash, which browsers take for one.
  const location = /^\/(?![/\\])[\w\-./~%]*$/.test(back) ? back : '/';
  const secure = request.headers.get('x-forwarded-proto') === 'https' ? '; Secure' : '';
  return new Response(null, {
    status: 303,
    headers: {
      location,
      'set-cookie': `${CURRENCY_COOKIE}=${currency}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`,
      'cache-control': 'private, no-store',
    },
  });
}
