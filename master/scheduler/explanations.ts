/** How often the pods that stay pending are looked at again: whether what they were told still holds. */
export const EXPLAIN_INTERVAL_MS = 10_000;

/**
 * What those who wait have been told.
 *
 * Owns: the last message of each, and who has not been told anything since being set aside.
 */
export class Explanations<T extends { readonly uid: string }> {
  readonly #told = new Map<string, string>();
  readonly #untold = new Map<string, T>();
  #reviewAtMs = 0;

  get size(): number {
    return this.#told.size;
  }

  /** Nobody has told it yet why it waits this time. */
  owe(entry: T): void {
    this.#untold.set(entry.uid, entry);
  }

  /** Those who are still owed, the one set aside first first; the caller tells or forgets each. */
  owed(): Iterable<T> {
    return this.#untold.values();
  }

  /** Notes that it is told this; false when it has been told the same already. */
  tell(uid: string, message: string, nowMs: number): boolean {
    this.#untold.delete(uid);
    if (this.#told.size === 0) this.#reviewAtMs = nowMs + EXPLAIN_INTERVAL_MS;
    if (this.#told.get(uid) === message) return false;
    this.#told.set(uid, message);
    return true;
  }

  /** Whether it is time to look at everybody again; true once for each interval. */
  isReviewDue(nowMs: number): boolean {
    if (this.#told.size === 0 || nowMs < this.#reviewAtMs) return false;
    this.#reviewAtMs = nowMs + EXPLAIN_INTERVAL_MS;
    return true;
  }

  forget(uid: string): void {
    if (this.#told.size > 0) this.#told.delete(uid);
    if (this.#untold.size > 0) this.#untold.delete(uid);
  }
}
