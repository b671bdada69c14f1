import { randomFrom } from '../orders/random';

/** The long form, `npm run test:security`, asks with everything; the short one, in `npm test`, with a sample. */
export const isLong = process.env.SECURITY_LONG === '1';

/** So many of a list in the short form, others for each seed; `most` of it in the long form, which is all where not said. */
export function sampleOf<Item>(
  items: readonly Item[],
  count: number,
  seed: number,
  most = items.length,
): readonly Item[] {
  const size = Math.min(isLong ? most : count, items.length);
  if (size === items.length) return items;
  const random = randomFrom(seed);
  const left = [...items];
  return Array.from({ length: size }, () => left.splice(Math.floor(random() * left.length), 1)[0] as Item);
}
