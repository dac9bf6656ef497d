/**
 * Keys that wait, so that a namespace with many of them does not hold up one with few: namespaces take turns, and within one it is
 * first come, first served.
 *
 * Owns: the lines, one per namespace that has a key waiting, in the order of their turns. A key waits at most once.
 */
export class FairLine {
  readonly #lines = new Map<string, Map<string, number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns whether it is new in the line. */
  add(key: string, atMs: number): boolean {
    const namespace = namespaceOf(key);
    let line = this.#lines.get(namespace);
    if (!line) {
      line = new Map();
      this.#lines.set(namespace, line);
    }
    if (line.has(key)) return false;
    line.set(key, atMs);
    this.#size++;
    return true;
  }

  /** The key whose turn it is, with the time at which it was added. */
  take(): { readonly key: string; readonly addedMs: number } | undefined {
    for (const [namespace, line] of this.#lines) {
      for (const [key, addedMs] of line) {
        line.delete(key);
        this.#size--;
        // To the end of the turns, or out of them.
        this.#lines.delete(namespace);
        if (line.size > 0) this.#lines.set(namespace, line);
        return { key, addedMs };
      }
    }
    return undefined;
  }

  clear(): void {
    this.#lines.clear();
    this.#size = 0;
  }
}

/** Keys without a namespace are one line. */
function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}
