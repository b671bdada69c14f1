import { randomFrom } from '../orders/random';

/** The long form, `npm run test:security`, asks with everything; the short one, in `npm test`, with a sample. */
export const isLong = process.env.SECURITY_LONG === '1';

/** So many of a list in the short form, others for each seed; all of it in the long form. */
export function sampleOf<Item>(items: readonly Item[], count: number, seed: number): readonly Item[] {
  if (isLong || items.length <= count) return items;
  const random = randomFrom(seed);
  const left = [...items];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] as Item);
}
