/** Keys in the order of their UTF-8 bytes, which is the order of their code points; JavaScript's `<` orders UTF-16 units. */

/** Half open: `from` inclusive to `to` exclusive; `to` undefined means: to the end. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

/** Negative, zero or positive, as `Array.sort` wants it. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Lifts surrogates, which stand for code points beyond the basic plane, above all other units. */
const codePointRank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** All keys that start with `prefix`; with `after`, only those behind that key. */
export function rangeOf(prefix: string, after?: string): KeyRange {
  const continued = after !== undefined && compareKeys(after, prefix) >= 0;
  return { from: continued ? `${after}\0` : prefix, to: prefixEnd(prefix) };
}

export const inRange = (range: KeyRange, key: string): boolean =>
  compareKeys(key, range.from) >= 0 && (range.to === undefined || compareKeys(key, range.to) < 0);

/** The first key behind all keys that start with `prefix`; undefined where there is none. */
function prefixEnd(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = (last.codePointAt(0) ?? 0) + 1;
    if (next > 0x10ffff) continue;
    return points.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next);
  }
  return undefined;
}
