import { Line } from './line.ts';

/** Something that waits for a place: a pod, or a gang of pods. */
export interface Entry {
  readonly uid: string;
  readonly namespace: string;
  readonly priority: number;
  /** Order of arrival. */
  readonly sequence: number;
}

/** When entries that fit nowhere are worth another try. Shared by entries that place alike. */
export interface Prospect {
  /** Equal keys: if one cannot be placed, none can. */
  readonly key: string;
  /** Whether the arrival of others may help, and not only their going. */
  readonly isSociable: boolean;
  /** The one node that matters. */
  readonly pin?: string;
  /** Whether it might be placed now. */
  isPossible(): boolean;
}

/** What has happened to the cell since the last time. */
export interface CellChange {
  /** Names of nodes with more room than before, or that changed. */
  readonly relieved: readonly string[];
}

interface ParkedGroup<E extends Entry> {
  readonly prospect: Prospect;
  readonly line: Line<E>;
}

/** Entries of one priority: a line for each namespace, which take turns. */
interface Tier<E extends Entry> {
  readonly lines: Map<string, Line<E>>;
  /** Namespaces that have a line, the one whose turn it is first. A line that has emptied goes when its turn comes. */
  readonly ring: string[];
}

/** Namespaces whose last turn is remembered. */
const MAX_TURNS = 10_000;

/**
 * Who is next: highest priority first (bands are ranges of priority), then namespaces in turn, and within one first come, first
 * served. Entries that fit nowhere are parked by prospect, so that a change of the cell costs one question for each of these and
 * not for each entry, and is asked only of those it may help.
 *
 * Owns: every waiting entry, in exactly one line. Invariant: a parked group that is not hopeful could not be placed when last asked.
 */
export class SchedulingQueue<E extends Entry> {
  readonly #tiers = new Map<number, Tier<E>>();
  #priorities: number[] = [];
  readonly #parked = new Map<string, ParkedGroup<E>>();
  readonly #pinned = new Map<string, Set<ParkedGroup<E>>>();
  readonly #hopeful = new Set<ParkedGroup<E>>();
  readonly #lines = new Map<string, Line<E>>();
  readonly #delayed = new Map<string, { readonly entry: E; readonly untilMs: number }>();
  readonly #turns = new Map<string, number>();
  #turn = 0;

  get size(): number {
    return this.#lines.size + this.#delayed.size;
  }

  /** When the first entry that is put off may be tried again. */
  get nextRipeMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.#delayed.values()) next = Math.min(next, untilMs);
    return next;
  }

  get(uid: string): E | undefined {
    return this.#lines.get(uid)?.get(uid) ?? this.#delayed.get(uid)?.entry;
  }

  add(entry: E): void {
    this.remove(entry.uid);
    const tier = this.#tier(entry.priority);
    let line = tier.lines.get(entry.namespace);
    if (!line) {
      tier.lines.set(entry.namespace, (line = new Line()));
      tier.ring.push(entry.namespace);
    }
    this.#enter(line, entry);
  }

  remove(uid: string): void {
    this.#lines.get(uid)?.leave(uid);
    this.#lines.delete(uid);
    this.#delayed.delete(uid);
  }

  /** Sets an entry aside, with the others of its prospect, until {@link hope}. */
  park(entry: E, prospect: Prospect): void {
    this.remove(entry.uid);
    let group = this.#parked.get(prospect.key);
    if (!group) {
      group = { prospect, line: new Line() };
      this.#parked.set(prospect.key, group);
      if (prospect.pin) this.#pinnedTo(prospect.pin).add(group);
    }
    this.#hopeful.delete(group);
    this.#enter(group.line, entry);
  }

  /** Not to be tried before `untilMs`, whatever happens. */
  delay(entry: E, untilMs: number): void {
    this.remove(entry.uid);
    this.#delayed.set(entry.uid, { entry, untilMs });
  }

  /** Entries whose delay is over line up again. */
  ripen(nowMs: number): void {
    for (const { entry, untilMs } of [...this.#delayed.values()]) if (untilMs <= nowMs) this.add(entry);
  }

  /** The cell has changed: those whom that may help are tried again. Forgets groups that have emptied. */
  hope({ relieved }: CellChange): void {
    for (const name of relieved) for (const group of this.#pinned.get(name) ?? []) this.#revive(group);
    for (const group of this.#parked.values()) {
      if (group.prospect.pin) continue;
      if (relieved.length > 0 || group.prospect.isSociable) this.#revive(group);
    }
  }

  /** The entry to try next, which stays in line until it is removed, parked or delayed. */
  next(): E | undefined {
    let best = this.#firstActive();
    for (const group of this.#hopeful) {
      const head = group.line.first();
      if (!head || !group.prospect.isPossible()) this.#hopeful.delete(group);
      else if (!best || this.#isBefore(head, best)) best = head;
    }
    return best;
  }

  /** The entry has had its turn: its namespace goes to the end of the ring. */
  served({ namespace, priority }: E): void {
    if (this.#turns.size >= MAX_TURNS) this.#turns.clear();
    this.#turns.set(namespace, ++this.#turn);
    const ring = this.#tiers.get(priority)?.ring;
    if (ring && ring.length > 1 && ring[0] === namespace) ring.push(ring.shift()!);
  }

  parkedGroups(): Iterable<Iterable<E>> {
    return [...this.#parked.values()].filter(({ line }) => line.size > 0).map(({ line }) => line);
  }

  /** Every entry, in no particular order. */
  *entries(): Generator<E> {
    for (const [uid, line] of this.#lines) yield line.get(uid)!;
    for (const { entry } of this.#delayed.values()) yield entry;
  }

  #firstActive(): E | undefined {
    for (const priority of this.#priorities) {
      const tier = this.#tiers.get(priority)!;
      while (tier.ring.length > 0) {
        const first = tier.lines.get(tier.ring[0]!)?.first();
        if (first) return first;
        tier.lines.delete(tier.ring.shift()!);
      }
    }
    return undefined;
  }

  #isBefore(a: E, b: E): boolean {
    if (a.priority !== b.priority) return a.priority > b.priority;
    const [turnA, turnB] = [this.#turns.get(a.namespace) ?? 0, this.#turns.get(b.namespace) ?? 0];
    return turnA !== turnB ? turnA < turnB : a.sequence < b.sequence;
  }

  #revive(group: ParkedGroup<E>): void {
    if (group.line.size > 0) this.#hopeful.add(group);
    else this.#forget(group);
  }

  #forget(group: ParkedGroup<E>): void {
    const { key, pin } = group.prospect;
    this.#parked.delete(key);
    this.#hopeful.delete(group);
    if (!pin) return;
    const pinned = this.#pinnedTo(pin);
    pinned.delete(group);
    if (pinned.size === 0) this.#pinned.delete(pin);
  }

  #pinnedTo(node: string): Set<ParkedGroup<E>> {
    let groups = this.#pinned.get(node);
    if (!groups) this.#pinned.set(node, (groups = new Set()));
    return groups;
  }

  #tier(priority: number): Tier<E> {
    let tier = this.#tiers.get(priority);
    if (!tier) {
      tier = { lines: new Map(), ring: [] };
      this.#tiers.set(priority, tier);
      this.#priorities = [...this.#tiers.keys()].sort((a, b) => b - a);
    }
    return tier;
  }

  #enter(line: Line<E>, entry: E): void {
    line.join(entry);
    this.#lines.set(entry.uid, line);
  }
}
