/** Overwritten by Vercel on every request, also where another proxy stands before it. */
const VERCEL_HEADER = 'x-vercel-forwarded-for';

/**
 * Whom a request comes from, as far as the platform vouches for it; null where nobody does. On Vercel it is what Vercel
 * found, elsewhere what the header says that `CLIENT_ADDRESS_HEADER` names, which the proxy in front overwrites. No
 * other header is looked at: a client may send what it likes in them.
 *
 * An IPv6 address is cut to its /64, which is what one customer has; one that wraps an IPv4 address is that address.
 */
export function clientAddress(headers: Headers): string | null {
  const header = process.env.VERCEL === '1' ? VERCEL_HEADER : process.env.CLIENT_ADDRESS_HEADER;
  const value = header ? headers.get(header) : null;
  // Where a proxy appends instead of overwriting, the last is its own word.
  return value ? normalised(value.slice(value.lastIndexOf(',') + 1).trim()) : null;
}

const IPV4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/;
const IPV6 = /^(?:\[([\da-f:.]+)\](?::\d{1,5})?|([\da-f:.]+))$/i;

function normalised(text: string): string | null {
  const four = IPV4.exec(text)?.[1];
  if (four) return four.split('.').every((part) => Number(part) <= 255) ? four.split('.').map(Number).join('.') : null;
  const match = IPV6.exec(text);
  const six = match?.[1] ?? match?.[2];
  if (!six?.includes(':') || !URL.canParse(`http://[${six}]`)) return null;
  // The URL parser knows every way to write one, and has one of its own: RFC 5952.
  const [head = '', tail] = new URL(`http://[${six}]`).hostname.slice(1, -1).split('::');
  const before = head ? head.split(':') : [];
  const after = tail ? tail.split(':') : [];
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    return groups.slice(6).flatMap(bytesOf).join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function bytesOf(group: string): number[] {
  const number = Number.parseInt(group, 16);
  return [number >> 8, number & 255];
}
