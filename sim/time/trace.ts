/**
 * A running hash (two lanes of FNV-1a, 32 bits each) over all that happens in a run, in order: equal for equal runs, and different, as good
 * as surely, for any two that part anywhere.
 */
export class Trace {
  events = 0;
  #low = 0x811c9dc5;
  #high = 0x1b873593;
  /** Words come again and again: each is read once. */
  readonly #known = new Map<string, number>();

  /** Something of this name happens. */
  event(what: string, atMs: number): void {
    this.events += 1;
    let word = this.#known.get(what);
    if (word === undefined) {
      word = hashOf(what);
      this.#known.set(what, word);
    }
    this.#mix(word);
    // Times are fractions of a millisecond: both the whole and the rest count.
    this.#mix(Math.trunc(atMs) | 0);
    this.#mix(((atMs % 1) * 0x100000) | 0);
  }

  /** What was said in it. */
  content(text: string): void {
    this.#mix(hashOf(text));
  }

  bytes(data: Uint8Array): void {
    let hash = data.length;
    for (let i = 0; i < data.length; i += 1) hash = Math.imul(hash ^ data[i]!, 0x01000193);
    this.#mix(hash);
  }

  get hash(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ ((value << 13) | (value >>> 19)), 0x5bd1e995) + 0x38b34ae5;
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
