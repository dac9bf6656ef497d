import { type Delay, Desk, type ParkedGroup } from './desk.ts';
import { Heap } from './heap.ts';
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
  /** Equal keys: same namespace and priority, and if one cannot be placed, none can. */
  readonly key: string;
  /** Whether the arrival of others may help, and not only their going. */
  readonly isSociable: boolean;
  /** The one node that matters. */
  readonly pin?: string | undefined;
  /** Not to be asked before, whatever happens: the last try was costly. */
  readonly notBeforeMs?: number;
  /** Whether it might be placed now. */
  isPossible(): boolean;
}

/** What has happened to the cell since the last time. */
export interface CellChange {
  /** Names of nodes with more room than before, or that changed. */
  readonly relieved: readonly string[];
}

/** A desk that has somebody to be served. Its place in the order is that of its first entry; see `isBefore`. */
interface Turn<E extends Entry> {
  readonly desk: Desk<E>;
  readonly served: number;
  readonly sequence: number;
}

/** Namespaces whose last turn is remembered. */
const MAX_SERVED = 10_000;

/**
 * Who is next: highest priority first (bands are ranges of priority), then the namespace that was served least recently, and within
 * it first come, first served. Entries that fit nowhere are parked by prospect, so that a change of the cell costs one question for
 * each of these and not for each entry; it is asked only of those it may help, and only when their turn has come.
 *
 * Owns: every waiting entry, at a desk, in a parked group, or delayed. Invariants: a parked group without hope could not be placed
 * when last asked; every desk at which somebody may be served has a turn, no later than its first entry is due.
 */
export class SchedulingQueue<E extends Entry> {
  readonly #desks = new Map<string, Desk<E>>();
  readonly #turns = new Heap<Turn<E>>(isBefore);
  readonly #turnOf = new Map<Desk<E>, Turn<E>>();
  readonly #parked = new Map<string, ParkedGroup<E>>();
  readonly #pinned = new Map<string, Set<ParkedGroup<E>>>();
  readonly #seats = new Map<string, Desk<E> | ParkedGroup<E>>();
  readonly #delayed = new Map<string, Delay<E> & { readonly who: E }>();
  readonly #delays = new Heap<Delay<E>>((a, b) => a.untilMs < b.untilMs);
  /** The number of each namespace's last turn, the least recent first. */
  readonly #served = new Map<string, number>();
  #servings = 0;
  #nowMs = 0;

  get size(): number {
    return this.#seats.size + this.#delayed.size;
  }

  /** When the first of those that are put off may be tried again. */
  get nextRipeMs(): number {
    let delay = this.#delays.peek();
    for (; delay && !this.#isInForce(delay); delay = this.#delays.peek()) this.#delays.pop();
    return delay?.untilMs ?? Number.POSITIVE_INFINITY;
  }

  get(uid: string): E | undefined {
    return this.#seats.get(uid)?.line.get(uid) ?? this.#delayed.get(uid)?.who;
  }

  /** Lines up, at the place that its arrival gives it. */
  add(entry: E): void {
    this.remove(entry.uid);
    const desk = this.#desk(entry);
    desk.line.join(entry);
    this.#seats.set(entry.uid, desk);
    this.#call(desk, entry);
  }

  remove(uid: string): void {
    const seat = this.#seats.get(uid);
    this.#seats.delete(uid);
    this.#delayed.delete(uid);
    seat?.line.leave(uid);
    if (seat && 'prospect' in seat && seat.line.size === 0) this.#forget(seat);
  }

  /** Sets an entry aside, with the others of its prospect, until {@link hope}. */
  park(entry: E, prospect: Prospect): void {
    this.remove(entry.uid);
    const group = this.#group(prospect);
    group.prospect = prospect;
    group.hope = undefined;
    group.delay = undefined;
    group.line.join(entry);
    this.#seats.set(entry.uid, group);
  }

  /** Not to be tried before `untilMs`, whatever happens. */
  delay(entry: E, untilMs: number): void {
    this.remove(entry.uid);
    const delay = { untilMs, who: entry };
    this.#delayed.set(entry.uid, delay);
    this.#delays.push(delay);
  }

  /** Time has passed: those whose delay is over line up again. */
  ripen(nowMs: number): void {
    this.#nowMs = nowMs;
    for (let delay = this.#delays.peek(); delay && delay.untilMs <= nowMs; delay = this.#delays.peek()) {
      this.#delays.pop();
      if (!this.#isInForce(delay)) continue;
      if ('prospect' in delay.who) this.#revive(delay.who);
      else this.add(delay.who);
    }
  }

  /** The cell has changed: those whom that may help are tried again. */
  hope({ relieved }: CellChange): void {
    for (const name of relieved) for (const group of this.#pinned.get(name) ?? []) this.#revive(group);
    for (const group of this.#parked.values())
      if (group.prospect.pin === undefined && (relieved.length > 0 || group.prospect.isSociable)) this.#revive(group);
  }

  /** The entry to try next, which stays in line until it is removed, parked or delayed. */
  next(): E | undefined {
    for (let turn = this.#turns.peek(); turn; turn = this.#turns.peek()) {
      const { desk } = turn;
      const isValid = this.#turnOf.get(desk) === turn;
      const first = isValid ? desk.first() : undefined;
      if (first && first.sequence === turn.sequence && this.#lastServed(desk) === turn.served) return first;
      this.#turns.pop();
      if (!isValid) continue;
      this.#turnOf.delete(desk);
      if (first) this.#call(desk, first);
      else this.#desks.delete(deskKey(desk));
    }
    return undefined;
  }

  /** The entry has had its turn: other namespaces of its priority come first now. */
  served({ namespace }: E): void {
    this.#served.delete(namespace);
    this.#served.set(namespace, ++this.#servings);
    if (this.#served.size > MAX_SERVED) this.#served.delete(this.#served.keys().next().value!);
  }

  /** Parked groups, and the entries of each, in no particular order. */
  parkedGroups(): Iterable<E>[] {
    return [...this.#parked.values()].map(({ line }) => line);
  }

  /** Every entry, in no particular order. */
  *entries(): Generator<E> {
    for (const [uid, { line }] of this.#seats) yield line.get(uid)!;
    for (const { who } of this.#delayed.values()) yield who;
  }

  #lastServed({ namespace }: Desk<E>): number {
    return this.#served.get(namespace) ?? 0;
  }

  /** Sees to it that the desk's turn comes no later than that entry is due. */
  #call(desk: Desk<E>, { sequence }: E): void {
    const known = this.#turnOf.get(desk);
    if (known && known.sequence <= sequence) return;
    const turn = { desk, sequence, served: this.#lastServed(desk) };
    this.#turnOf.set(desk, turn);
    this.#turns.push(turn);
  }

  #revive(group: ParkedGroup<E>): void {
    const { prospect, line } = group;
    const head = line.first();
    if (!head || group.hope) return;
    const { notBeforeMs = 0 } = prospect;
    if (notBeforeMs > this.#nowMs) {
      if (group.delay) return;
      group.delay = { untilMs: notBeforeMs, who: group };
      this.#delays.push(group.delay);
      return;
    }
    group.delay = undefined;
    const desk = this.#desk(head);
    desk.revive(group);
    this.#call(desk, head);
  }

  #isInForce(delay: Delay<E>): boolean {
    const { who } = delay;
    return 'prospect' in who ? who.delay === delay : this.#delayed.get(who.uid) === delay;
  }

  #group(prospect: Prospect): ParkedGroup<E> {
    const known = this.#parked.get(prospect.key);
    if (known) return known;
    const group = { prospect, line: new Line<E>(), hope: undefined, delay: undefined };
    this.#parked.set(prospect.key, group);
    if (prospect.pin !== undefined) this.#pinned.set(prospect.pin, this.#pinnedTo(prospect.pin).add(group));
    return group;
  }

  #forget(group: ParkedGroup<E>): void {
    const { key, pin } = group.prospect;
    this.#parked.delete(key);
    group.delay = undefined;
    if (pin === undefined) return;
    const pinned = this.#pinnedTo(pin);
    pinned.delete(group);
    if (pinned.size === 0) this.#pinned.delete(pin);
  }

  #pinnedTo(node: string): Set<ParkedGroup<E>> {
    return this.#pinned.get(node) ?? new Set();
  }

  #desk(entry: E): Desk<E> {
    const key = deskKey(entry);
    const desk = this.#desks.get(key) ?? new Desk(entry);
    this.#desks.set(key, desk);
    return desk;
  }
}

const deskKey = ({ priority, namespace }: { priority: number; namespace: string }): string =>
  `${priority} ${namespace}`;

function isBefore<E extends Entry>(a: Turn<E>, b: Turn<E>): boolean {
  if (a.desk.priority !== b.desk.priority) return a.desk.priority > b.desk.priority;
  return a.served !== b.served ? a.served < b.served : a.sequence < b.sequence;
}
