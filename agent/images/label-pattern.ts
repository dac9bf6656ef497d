/**
 * A pattern of shells for one label of a host (Go's `path.Match`, which Kubernetes uses): `*` is any text, `?` any one character,
 * `[a-z]` and `[^a-z]` one of a set. The patterns are users' own, so they are not made regular expressions: the time is bounded by the
 * product of the two lengths, whatever they are. A set that is not closed stands for itself.
 */
export function matchesLabel(pattern: string, label: string): boolean {
  const parts = partsOf(pattern);
  let [part, at] = [0, 0];
  // Where to go on when the text after the last star has not come yet: only the last one has to give way.
  let [star, retryAt] = [-1, 0];
  while (at < label.length) {
    const wanted = parts[part];
    if (wanted === '*') {
      [star, retryAt] = [part, at];
      part += 1;
    } else if (wanted?.(label[at]!)) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      retryAt += 1;
      [part, at] = [star + 1, retryAt];
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === '*');
}

type Part = '*' | ((character: string) => boolean);

function partsOf(pattern: string): Part[] {
  return [...pattern.matchAll(/\[(\^?)([^\]]+)\]|./gs)].map(([sign, not, set]): Part => {
    if (set !== undefined) return (character) => inSet(set, character) !== (not === '^');
    if (sign === '*') return '*';
    return sign === '?' ? () => true : (character) => character === sign;
  });
}

/** Single characters, and ranges `a-z`; one that runs backwards holds nothing. */
function inSet(set: string, character: string): boolean {
  for (let i = 0; i < set.length; i += 1) {
    const isRange = set[i + 1] === '-' && i + 2 < set.length;
    const last = isRange ? set[i + 2]! : set[i]!;
    if (set[i]! <= character && character <= last) return true;
    if (isRange) i += 2;
  }
  return false;
}
