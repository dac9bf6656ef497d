/**
 * Lets concurrent callers of a read share its answers. A caller is only ever given the answer of a call that began after it
 * asked, so what was written before it asked is in the answer. At most one call runs; all who ask meanwhile share the next.
 *
 * Owns: the call under way and the one that waits for it.
 */
export class SharedCall<T> {
  readonly #call: () => Promise<T>;
  /** Resolves, never rejects, when the call under way has ended. */
  #running: Promise<void> | undefined;
  #next: Promise<T> | undefined;

  constructor(call: () => Promise<T>) {
    this.#call = call;
  }

  /** Rejects as the shared call does, for all who share it; the next is not touched by that. */
  ask(): Promise<T> {
    if (!this.#running) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<T> {
    const answer = this.#call();
    const over = () => {};
    this.#running = answer.then(over, over);
    // Registered before anyone can wait for the end, so that a waiting call finds its place still held.
    void this.#running.then(() => {
      if (!this.#next) this.#running = undefined;
    });
    return answer;
  }
}
