/** The token of a request's `Authorization: Bearer` header (RFC 6750), whatever it is; null without one. */
export function bearerOf({ headers }: Pick<Request, 'headers'>): string | null {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null;
}
