import type { OrderShop } from '../orders/order-shop';

export const PASSWORD = 'saffron kettle orbit';

export interface Told<Body> {
  status: number;
  headers: Headers;
  body: Body;
  /** What `Set-Cookie` says, whole. */
  cookies: string[];
}

/** What tests look at in answers: each has some of it. */
export interface Said {
  code: string;
  account: { id: string; email: string; name: string };
  accessToken: string;
  refreshToken: string;
  id: string;
  email: string;
  items: { id: string; userAgent: string; number: number; quantity: number; variantId: string; isDefault: boolean }[];
  factors: string[];
  retryAfterSeconds: number;
  errors: { path: string; code: string }[];
}

/** A browser: it keeps cookies, and says with every request which page of the shop it came from. */
export function openBrowser(shop: Pick<OrderShop, 'call' | 'siteUrl'>, userAgent = 'Mozilla/5.0 (X11; Linux x86_64)') {
  const jar = new Map<string, string>();
  return {
    jar,
    async call<Body = Said>(
      method: string,
      path: string,
      { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
    ): Promise<Told<Body>> {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await shop.call<Body>(method, path, {
        body,
        headers: {
          'user-agent': userAgent,
          origin: shop.siteUrl,
          'sec-fetch-site': 'same-origin',
          ...(cookie ? { cookie } : {}),
          ...headers,
        },
      });
      const cookies = answer.headers.getSetCookie();
      for (const text of cookies) {
        const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(text) ?? [];
        if (/; Max-Age=0(;|$)/.test(rest)) jar.delete(name);
        else jar.set(name, value);
      }
      return { status: answer.status, headers: answer.headers, body: answer.body, cookies };
    },
  };
}

export type Browser = ReturnType<typeof openBrowser>;

/** The token of the newest letter to an address whose subject holds these words. */
export async function linkFrom(shop: OrderShop, email: string, words: string): Promise<string> {
  await shop.settled();
  const letters = (await shop.mails()).filter(({ to, subject }) => to.includes(email) && subject.includes(words));
  const token = /#token=([\w.-]+)/.exec(letters[0]?.text ?? '')?.[1];
  if (!token) throw new Error(`${email} has no letter about "${words}" with a link.`);
  return token;
}

/** Opens an account in a browser, by the link that was mailed; the browser is signed in to it then. */
export async function signUp(shop: OrderShop, browser: Browser, email: string, password = PASSWORD): Promise<string> {
  await browser.call('POST', '/api/auth/register', { body: { email, password, name: 'Ada Weber' } });
  const token = await linkFrom(shop, email, 'Confirm your email');
  const { status, body } = await browser.call('POST', '/api/auth/verification', { body: { token } });
  if (status !== 200) throw new Error(`${email} was not signed up: ${JSON.stringify(body)}`);
  return body.account.id;
}

/** Signs in by password and answers the tokens, as an app without cookies does. */
export async function tokensOf(shop: OrderShop, email: string, password = PASSWORD) {
  const { body } = await shop.call<Said>('POST', '/api/auth/login', { body: { email, password, session: 'token' } });
  return body;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
