import {
  allowInsecureRequests,
  type CustomFetchOptions,
  customFetch,
  type ProtectedResourceRequestBody,
} from 'oauth4webapi';
import { CommerceError } from '@/commerce/error';

/** A provider that does not answer all that a step of a login asks in this time counts as down. */
export const PROVIDER_TIMEOUT_MS = 10_000;
/** Far above any answer of a provider: tokens, keys, a list of mail addresses. */
const MAX_ANSWER_BYTES = 512 * 1024;

/**
 * How `oauth4webapi` asks a provider: over https, or plain http where the provider itself is on this machine; never
 * following a redirect; all within `signal`. Throws `provider_unavailable` where no answer comes, or a 5xx or 429.
 */
export function providerRequests(provider: URL, signal: AbortSignal) {
  return {
    signal,
    [allowInsecureRequests]: isLoopback(provider),
    [customFetch]: (url: string, init: Init) => request(provider, url, init),
  };
}

/** Whether a browser or the shop may go to an address that a provider gave; http only from this machine to itself. */
export function isAllowedAddress(provider: URL, url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url) && isLoopback(provider));
}

/** Whether an address is of this very machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/** What is thrown where a provider does not answer. */
export function providerUnavailable(cause: unknown): CommerceError {
  return new CommerceError('provider_unavailable', 'The login provider does not answer.', { cause });
}

type Init = CustomFetchOptions<string, ProtectedResourceRequestBody>;

async function request(provider: URL, url: string, init: Init): Promise<Response> {
  if (!isAllowedAddress(provider, new URL(url))) {
    throw providerUnavailable(new Error('The provider named an address that is not https.'));
  }
  let response: Response;
  let body: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url, { ...(init as RequestInit), redirect: 'manual', cache: 'no-store' });
    body = await readBounded(response);
  } catch (error) {
    throw providerUnavailable(error);
  }
  if (response.status >= 500 || response.status === 429) {
    throw providerUnavailable(new Error(`The provider answered ${response.status}.`));
  }
  const { status, headers } = response;
  return new Response(body.length > 0 ? body : null, { status, headers });
}

async function readBounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > MAX_ANSWER_BYTES) throw new Error('The provider sent too much.');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
