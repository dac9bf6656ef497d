/** Indexes of an Indexed job as a text of numbers and ranges in order: `1,3-5` (Kubernetes API reference, "JobStatus"). */

/** First and last of a range, both in it. */
type Range = readonly [first: number, last: number];

/** A set of whole numbers >= 0, held as ranges: its size does not depend on how many there are. Never changes. */
export class IndexSet {
  static readonly none = new IndexSet([]);
  readonly #ranges: readonly Range[];

  /** Ranges in order, none touching the next. */
  private constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  /** What cannot be read counts as none: it is not ours. */
  static parse(text: string | undefined): IndexSet {
    const ranges = (text ?? '').split(',').flatMap((part): Range[] => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
      return match ? [[Number(match[1]), Number(match[2] ?? match[1])]] : [];
    });
    return IndexSet.#joined(ranges);
  }

  static of(indexes: Iterable<number>): IndexSet {
    return IndexSet.#joined([...indexes].map((index): Range => [index, index]));
  }

  static #joined(ranges: readonly Range[]): IndexSet {
    const joined: [number, number][] = [];
    for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
      const before = joined.at(-1);
      if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else if (first <= last) joined.push([first, last]);
    }
    return new IndexSet(joined);
  }

  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#ranges.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#ranges[middle] ?? [0, 0];
      if (index < first) high = middle - 1;
      else if (index > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  with(indexes: Iterable<number>): IndexSet {
    const more = [...indexes].filter((index) => !this.has(index));
    return more.length > 0 ? IndexSet.#joined([...this.#ranges, ...more.map((one): Range => [one, one])]) : this;
  }

  /** Those below `end`. */
  below(end: number): IndexSet {
    const cut = this.#ranges.filter(([first]) => first < end);
    return new IndexSet(cut.map(([first, last]): Range => [first, Math.min(last, end - 1)]));
  }

  /** How many of `wanted` are in it. */
  countOf(wanted: IndexSet): number {
    let count = 0;
    for (const [first, last] of wanted.#ranges) {
      for (const [from, to] of this.#ranges) count += Math.max(0, Math.min(last, to) - Math.max(first, from) + 1);
    }
    return count;
  }

  toString(): string {
    return this.#ranges
      .map(([first, last]) =>
        first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
      )
      .join(',');
  }
}
