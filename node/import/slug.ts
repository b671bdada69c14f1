/** Lower-case ASCII letters, digits and single hyphens: `Été — Soldes` becomes `ete-soldes`. Never empty. */
export function slugify(text: string): string {
  const ascii = text
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return ascii || `x-${hash(text)}`;
}

/** FNV-1a over UTF-16 units, for names that have no ASCII in them: the same on every run. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state.toString(36);
}
