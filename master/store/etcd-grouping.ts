import type { Transaction } from './store.ts';

/** Operations, and compares, of one transaction (etcd's `--max-txn-ops`); of a group, its members and those of the largest. */
export const MAX_OPS = 128;
/** Members of one group. Few enough to leave each as many operations as most have, and not to hold up the others for long. */
export const MAX_GROUPED = 120;
/** Bytes of keys and values of one group; etcd's `--max-request-bytes` is 1.5 MiB. */
const MAX_GROUP_BYTES = 2 ** 20;
/** How far to look for transactions that may overtake those that have to wait. */
const MAX_LOOK_AHEAD = 1_024;

/** A transaction with what the grouping must know of it. */
export interface Candidate {
  readonly transaction: Transaction;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly bytes: number;
}

export function candidateOf(transaction: Transaction): Candidate {
  let bytes = 0;
  for (const { key } of transaction.compares) bytes += key.length;
  for (const op of transaction.ops) bytes += op.key.length + (op.type === 'put' ? Buffer.byteLength(op.value) : 0);
  return {
    transaction,
    reads: transaction.compares.map(({ key }) => key),
    writes: transaction.ops.map(({ key }) => key),
    bytes,
  };
}

/** Keys that transactions under way, or ahead in the queue, read and write. Counts, for several may read one key. */
export class KeyClaims {
  readonly #reads = new Map<string, number>();
  readonly #writes = new Map<string, number>();

  claim({ reads, writes }: Candidate): void {
    for (const key of reads) this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
    for (const key of writes) this.#writes.set(key, (this.#writes.get(key) ?? 0) + 1);
  }

  release({ reads, writes }: Candidate): void {
    for (const key of reads) decrement(this.#reads, key);
    for (const key of writes) decrement(this.#writes, key);
  }

  /** True where the order of the two would matter: one writes what the other reads or writes. */
  conflicts({ reads, writes }: Candidate): boolean {
    for (const key of writes) if (this.#writes.has(key) || this.#reads.has(key)) return true;
    for (const key of reads) if (this.#writes.has(key)) return true;
    return false;
  }
}

function decrement(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

/**
 * Takes the next group off the queue: transactions that touch nothing of each other's, nor of those under way (`busy`), nor of
 * those they would overtake. So transactions that meet in a key happen in the order they were issued. Empty when all have to
 * wait. etcd checks the compares of a whole group before it writes, which for such a group is the same as one after the other.
 */
export function takeGroup<T extends Candidate>(queue: T[], busy: KeyClaims): T[] {
  const group: T[] = [];
  const waiting: T[] = [];
  const ahead = new KeyClaims();
  let bytes = 0;
  let largest = 0;
  let looked = 0;
  for (const candidate of queue) {
    if (looked >= MAX_LOOK_AHEAD || group.length >= MAX_GROUPED || bytes >= MAX_GROUP_BYTES) break;
    looked += 1;
    const deepest = Math.max(largest, sizeOf(candidate));
    const small = group.length + 1 + deepest <= MAX_OPS && bytes + candidate.bytes <= MAX_GROUP_BYTES;
    const fits = group.length === 0 || small;
    const joins = fits && !busy.conflicts(candidate) && !ahead.conflicts(candidate);
    // Claimed either way: what comes later may neither meet a member of its group nor overtake.
    ahead.claim(candidate);
    if (!joins) {
      waiting.push(candidate);
      continue;
    }
    group.push(candidate);
    bytes += candidate.bytes;
    largest = deepest;
  }
  queue.splice(0, looked, ...waiting);
  return group;
}

export const sizeOf = ({ transaction: { compares, ops } }: Candidate): number => Math.max(compares.length, ops.length);
