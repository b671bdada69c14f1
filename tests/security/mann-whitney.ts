/**
 * How well one number tells two classes apart: the area under the ROC curve by Mann and Whitney's U, turned so that it is
 * at least 0.5. It is 0.5 where it tells nothing and 1 where it tells all.
 */
export function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((value) => ({ value, of: 1 })), ...second.map((value) => ({ value, of: 2 }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]!.value === all[start]!.value) end += 1;
    // Equal values share the mean of their ranks.
    const rank = (start + 1 + end) / 2;
    ranks += rank * all.slice(start, end).filter(({ of }) => of === 1).length;
    start = end;
  }
  const u = ranks - (first.length * (first.length + 1)) / 2;
  const area = u / (first.length * second.length);
  return Math.max(area, 1 - area);
}
