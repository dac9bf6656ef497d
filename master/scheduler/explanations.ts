/** How often the pods that stay pending are looked at again: whether what they were told still holds. */
export const EXPLAIN_INTERVAL_MS = 10_000;
/** Pods that are looked at again at a time; where more wait, each is less often. */
const MOST_REVIEWED = 1024;
/** For how long it may stand what would help, once the reasons are the same: each time it is told it is written down. */
const STALE_MS = 60_000;

interface Told {
  readonly message: string;
  readonly gist: string;
  readonly atMs: number;
}

/**
 * What those who wait have been told.
 *
 * Owns: the last message of each, the one looked at longest ago first, and who is to be told.
 */
export class Explanations<T extends { readonly uid: string }> {
  readonly #told = new Map<string, Told>();
  readonly #untold = new Map<string, T>();
  #reviewAtMs = 0;

  get size(): number {
    return this.#told.size;
  }

  /** Whether somebody waits to be told. */
  get isOwing(): boolean {
    return this.#untold.size > 0;
  }

  /** It waits. Whoever knows why it waited before hears more at the next review, however often it is tried in between. */
  owe(entry: T): void {
    if (!this.#told.has(entry.uid)) this.#untold.set(entry.uid, entry);
  }

  /** Those who are still owed, the one set aside first first; the caller tells or forgets each. */
  owed(): Iterable<T> {
    return this.#untold.values();
  }

  /**
   * Notes that it is told this; false when it need not be. `gist` is what matters of the message: where that is the same as last
   * time, the rest is told again after a while only.
   */
  tell(uid: string, message: string, nowMs: number, gist = message): boolean {
    this.#untold.delete(uid);
    if (this.#told.size === 0) this.#reviewAtMs = nowMs + EXPLAIN_INTERVAL_MS;
    const told = this.#told.get(uid);
    if (told?.message === message || (told?.gist === gist && nowMs - told.atMs < STALE_MS)) return false;
    this.#told.set(uid, { message, gist, atMs: nowMs });
    return true;
  }

  /** Once for each interval, those whose turn it is are owed again. `find` knows them, if they still wait on their own. */
  review(nowMs: number, find: (uid: string) => T | undefined): void {
    if (this.#told.size === 0 || nowMs < this.#reviewAtMs) return;
    this.#reviewAtMs = nowMs + EXPLAIN_INTERVAL_MS;
    let left = Math.min(MOST_REVIEWED, this.#told.size);
    for (const [uid, told] of this.#told) {
      if (left-- === 0) return;
      this.#told.delete(uid);
      this.#told.set(uid, told);
      const entry = find(uid);
      if (entry) this.#untold.set(uid, entry);
    }
  }

  forget(uid: string): void {
    if (this.#told.size > 0) this.#told.delete(uid);
    if (this.#untold.size > 0) this.#untold.delete(uid);
  }
}
