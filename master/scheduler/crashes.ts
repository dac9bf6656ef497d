export interface CrashPolicy {
  /** Crashes of one controller's pods on one node ... */
  readonly failures: number;
  /** ... within this time ... */
  readonly windowSeconds: number;
  /** ... keep its pods off the node for this long, where there is another. */
  readonly avoidSeconds: number;
}

interface Pairing {
  /** Times of the crashes within the window, oldest first; at most as many as count. */
  readonly crashedAtMs: number[];
  avoidedUntilMs: number;
}

/** Pairings remembered; the one quiet for longest goes first. */
const MAX_PAIRINGS = 10_000;

/**
 * Which controllers' pods crash again and again on which nodes.
 *
 * Owns: the crashes of each pairing within the window.
 */
export class CrashBook {
  readonly #pairings = new Map<string, Map<string, Pairing>>();
  #count = 0;
  /** Changes when some pairing begins or ceases to be avoided. */
  version = 0;
  /** When the next one ceases to be avoided. */
  nextExpiryMs = Number.POSITIVE_INFINITY;

  /** So many crashes are noticed at once. */
  record(ownerUid: string, nodeName: string, count: number, nowMs: number, policy: CrashPolicy): void {
    const pairing = this.#pairing(ownerUid, nodeName);
    const { crashedAtMs } = pairing;
    while (crashedAtMs.length > 0 && crashedAtMs[0]! <= nowMs - policy.windowSeconds * 1000) crashedAtMs.shift();
    for (let i = 0; i < Math.min(count, policy.failures); i++) crashedAtMs.push(nowMs);
    if (crashedAtMs.length < policy.failures) return;
    crashedAtMs.length = 0;
    pairing.avoidedUntilMs = nowMs + policy.avoidSeconds * 1000;
    this.nextExpiryMs = Math.min(this.nextExpiryMs, pairing.avoidedUntilMs);
    this.version++;
  }

  /** Forgets what is over. */
  expire(nowMs: number): void {
    if (nowMs < this.nextExpiryMs) return;
    this.nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const [owner, nodes] of this.#pairings) {
      for (const [node, pairing] of nodes) {
        if (pairing.avoidedUntilMs > nowMs) this.nextExpiryMs = Math.min(this.nextExpiryMs, pairing.avoidedUntilMs);
        else if (pairing.avoidedUntilMs > 0) this.#forget(owner, node);
      }
    }
    this.version++;
  }

  /** Names of nodes, in order. */
  avoided(ownerUid: string): readonly string[] {
    const nodes = this.#pairings.get(ownerUid);
    if (!nodes) return [];
    return [...nodes]
      .filter(([, pairing]) => pairing.avoidedUntilMs > 0)
      .map(([node]) => node)
      .sort();
  }

  avoidedKey(ownerUid: string): string | undefined {
    return this.#pairings.has(ownerUid) ? this.avoided(ownerUid).join(' ') || undefined : undefined;
  }

  #pairing(ownerUid: string, nodeName: string): Pairing {
    const nodes = this.#pairings.get(ownerUid) ?? new Map<string, Pairing>();
    const known = nodes.get(nodeName);
    const pairing = known ?? { crashedAtMs: [], avoidedUntilMs: 0 };
    if (!known) this.#count++;
    // Moved to the end: whatever stands first has been quiet for longest.
    this.#pairings.delete(ownerUid);
    this.#pairings.set(ownerUid, nodes.set(nodeName, pairing));
    if (this.#count > MAX_PAIRINGS) this.#forgetOldest();
    return pairing;
  }

  #forgetOldest(): void {
    const [owner, nodes] = this.#pairings.entries().next().value!;
    for (const node of [...nodes.keys()]) this.#forget(owner, node);
    this.version++;
  }

  #forget(ownerUid: string, nodeName: string): void {
    const nodes = this.#pairings.get(ownerUid);
    if (!nodes?.delete(nodeName)) return;
    this.#count--;
    if (nodes.size === 0) this.#pairings.delete(ownerUid);
  }
}
