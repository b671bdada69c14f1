const MAX_CHARACTERS = 512;
/** Escapes within escapes, as some proxies take them off: deeper ones are nothing that a page of ours has. */
const MAX_LAYERS = 3;

/**
 * The page of the shop to go back to after a login: a path with its query and fragment, or `/` for whatever could lead
 * anywhere else (another site, a script, an answer of the API), however it is written.
 */
export function returnPathOf(next: string | undefined): string {
  if (next === undefined || next.length > MAX_CHARACTERS || !isOwnPath(next)) return '/';
  const { pathname, search, hash } = new URL(next, BASE);
  return pathname + search + hash;
}

const BASE = 'http://shop.invalid';

function isOwnPath(next: string): boolean {
  let text = next;
  for (let layer = 0; layer < MAX_LAYERS; layer += 1) {
    if (!isPlainPath(text)) return false;
    const unescaped = unescapePath(text);
    if (unescaped === null) return false;
    if (unescaped === text) return true;
    text = unescaped;
  }
  return false;
}

function isPlainPath(text: string): boolean {
  // Browsers read `\` as `/`, and take tabs and line breaks out before they look.
  if (!/^\/(?!\/)[^\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]*$/u.test(text) || !URL.canParse(text, BASE)) return false;
  const url = new URL(text, BASE);
  // As it is when its dots are resolved: `/.//evil.example` is `//evil.example`, which is another site.
  return url.origin === BASE && !url.pathname.includes('//') && !/^\/api(\/|$)/i.test(url.pathname);
}

function unescapePath(text: string): string | null {
  const path = text.split(/[?#]/, 1)[0] as string;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
