/**
 * What arrives by events, to be pulled. Owns what has arrived and was not asked for yet; `full` and `empty` tell its source to
 * pause and to go on, so that the source decides how much that can be.
 */
export class MessageQueue<T> implements AsyncIterable<T> {
  readonly #held: T[] = [];
  readonly #full: () => void;
  readonly #empty: () => void;
  #ended: { readonly error?: Error } | undefined;
  #wake = () => {};

  constructor(full: () => void, empty: () => void) {
    this.#full = full;
    this.#empty = empty;
  }

  put(message: T): void {
    if (this.#ended) return;
    this.#held.push(message);
    this.#full();
    this.#wake();
  }

  /** Nothing more will come; what is held is still delivered. With an error, the reader hears of it last. */
  end(error?: Error): void {
    this.#ended ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.#held.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      if (this.#ended?.error) throw this.#ended.error;
      if (this.#ended) return;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#empty();
      await woken;
    }
  }
}
