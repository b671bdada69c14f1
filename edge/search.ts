/** What a shopper typed, as words to find: the database matches them, and here a mistyped one is put right. */

const MAX_WORDS = 10;
const MAX_WORD_LENGTH = 40;

/**
 * The words of a query: lower-case letters and digits of any script, without accents, each once. At most ten, each cut
 * at 40 characters; everything else that was typed means nothing.
 */
export function searchWords(query: string): string[] {
  // What cannot fit into ten words is not looked at, however long it is.
  const text = query
    .slice(0, 1000)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase();
  const words = new Set<string>();
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (words.size === MAX_WORDS) break;
    words.add([...word].slice(0, MAX_WORD_LENGTH).join(''));
  }
  return [...words];
}

/** How many typos a word may have: none where it is so short that any other word would be near. */
export function allowedTypos(word: string): number {
  return word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
}

/**
 * Those of the known words that are nearest to a mistyped one, at most five; none if all need more typos than allowed.
 * A word that is still being typed is compared with the beginnings of the known ones.
 */
export function nearestWords(mistyped: string, known: readonly string[]): string[] {
  const allowed = allowedTypos(mistyped);
  const near: { word: string; typos: number; whole: number }[] = [];
  for (const word of known) {
    const { whole, prefix } = editDistances(mistyped, word);
    const typos = mistyped.length >= 5 ? prefix : whole;
    if (typos <= allowed) near.push({ word, typos, whole });
  }
  near.sort((a, b) => a.typos - b.typos || a.whole - b.whole);
  const best = near[0];
  return near
    .filter(({ typos, whole }) => typos === best?.typos && whole === best.whole)
    .slice(0, 5)
    .map(({ word }) => word);
}

/**
 * How many letters must be added, dropped, replaced or swapped with their neighbour (optimal string alignment) to make
 * `typed` the whole of `word`, or any beginning of it.
 */
export function editDistances(typed: string, word: string): { whole: number; prefix: number } {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: word.length + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= word.length; column += 1) {
      const same = typed[row - 1] === word[column - 1];
      let cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1]) {
        cost = Math.min(cost, beforePrevious[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return { whole: previous[word.length]!, prefix: Math.min(...previous) };
}
