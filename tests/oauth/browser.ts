/** A browser without a screen: it keeps cookies by site and path, and sends its requests to wherever `send` takes them. */
export class Browser {
  readonly cookies = new Map<string, { name: string; value: string; path: string; host: string }>();
  readonly #send: (request: Request) => Promise<Response>;

  constructor(send: (request: Request) => Promise<Response>) {
    this.#send = send;
  }

  /** One request with the cookies of its site; redirects are not followed. */
  async visit(url: string | URL, { method = 'GET', body, headers = {} }: VisitOptions = {}): Promise<Response> {
    const { host, pathname } = new URL(url);
    const cookie = [...this.cookies.values()]
      .filter((kept) => kept.host === host && pathname.startsWith(kept.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const response = await this.#send(
      new Request(url, {
        method,
        headers: { ...(cookie ? { cookie } : {}), ...headers },
        redirect: 'manual',
        ...(body ? { body } : {}),
      }),
    );
    for (const line of response.headers.getSetCookie()) this.#keep(line, host);
    return response;
  }

  /** The value of a cookie; undefined without it. */
  cookie(host: string, name: string): string | undefined {
    return [...this.cookies.values()].find((kept) => kept.host === host && kept.name === name)?.value;
  }

  #keep(line: string, host: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(name.length + 1);
    const attribute = (wanted: string) => attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`));
    const path = attribute('path')?.slice('path='.length) ?? '/';
    const key = `${host} ${path} ${name}`;
    const expires = attribute('expires')?.slice('expires='.length);
    const isGone = attribute('max-age')?.slice('max-age='.length) === '0' || (expires && Date.parse(expires) <= 0);
    if (isGone) this.cookies.delete(key);
    else this.cookies.set(key, { name, value, path, host });
  }
}

export interface VisitOptions {
  method?: string;
  body?: URLSearchParams;
  headers?: Record<string, string>;
}
