import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Cache, Change } from '../../store/cache.ts';
import { type Amounts, type Claim, type Counting, UsageBook } from './usage-book.ts';

interface Reservation<Traits> {
  /** What the object will use beyond what the cache shows of it. */
  readonly more: Claim<Traits>;
  /** All it will use; absent for new objects, which count as they are once the cache tells of them. */
  readonly target?: Amounts;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

/**
 * How long an object that was admitted counts without the cache having told of it. Longer than the store takes to answer or to give
 * up, so that a slow write is still counted when it arrives; short, since a write that failed holds its place until then.
 */
const RESERVATION_MS = 30_000;

/**
 * What namespaces use: the objects that the cache shows, and those that were admitted a moment ago and are still on their way to
 * it, so that many that are made at once cannot each find the same room.
 *
 * Owns: the sums, fed by the cache from `open` to `close`; reservations by uid, the oldest first. Invariant: an object counts once,
 * as a reservation until the cache first tells of it, as what the cache tells from then on.
 */
export class ClaimLedger<T extends ApiObject, Traits> {
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #resource: ResourceDefinition<T>;
  readonly #counting: Counting<T, Traits>;
  readonly #reservations = new Map<string, Reservation<Traits>>();
  #usage: UsageBook<T, Traits>;
  #unsubscribe: (() => void) | undefined;

  constructor(cache: Cache, clock: Clock, resource: ResourceDefinition<T>, counting: Counting<T, Traits>) {
    this.#cache = cache;
    this.#clock = clock;
    this.#resource = resource;
    this.#counting = counting;
    this.#usage = new UsageBook(counting);
  }

  /** Begins to count, once. Expects the cache to be filled. */
  open(): void {
    if (this.#unsubscribe) return;
    this.#usage = new UsageBook(this.#counting);
    const { revision } = this.#cache;
    for (const object of this.#cache.list(this.#resource)) this.#usage.apply({ type: 'added', object, revision });
    this.#unsubscribe = this.#cache.subscribe(this.#resource, (change) => this.#hear(change));
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#reservations.clear();
  }

  /** Counts a new object that is about to be stored. */
  reserve(uid: string, claim: Claim<Traits>): void {
    if (!this.#reservations.has(uid)) this.#hold(uid, { more: claim, untilMs: this.#untilMs() });
  }

  /**
   * Counts what an object is about to use beyond what the cache shows of it (`base`), until it shows that. Of several such writes
   * any may be the last, so the most that one of them wants is kept.
   */
  reserveGrowth(uid: string, claim: Claim<Traits>, base: Claim<Traits> | undefined): void {
    const target = greatest(claim.amounts, this.#reservations.get(uid)?.target);
    this.#release(uid);
    this.#hold(uid, { more: { ...claim, amounts: beyond(target, base?.amounts) }, target, untilMs: this.#untilMs() });
  }

  /** Counts a new object no longer that will not be stored. */
  withdraw(uid: string): void {
    this.#release(uid);
  }

  /** What the objects of a namespace use whose traits count, without what is held for one of them. */
  total(namespace: string, counts: (traits: Traits) => boolean, exceptUid?: string): Amounts {
    this.#expire();
    const total = this.#usage.total(namespace, counts);
    const own = exceptUid === undefined ? undefined : this.#reservations.get(exceptUid)?.more;
    if (!own || own.namespace !== namespace || !counts(own.traits)) return total;
    return new Map([...total].map(([name, amount]) => [name, amount - (own.amounts.get(name) ?? 0)]));
  }

  #hear(change: Change<T>): void {
    const uid = metaOf(change.object).uid ?? '';
    const target = this.#reservations.get(uid)?.target;
    if (!target || change.type === 'deleted' || this.#reaches(change.object, target)) this.#release(uid);
    this.#usage.apply(change);
  }

  #reaches(object: T, target: Amounts): boolean {
    const found = this.#counting.claimOf(object)?.amounts;
    return [...target].every(([name, amount]) => (found?.get(name) ?? 0) >= amount);
  }

  #untilMs(): number {
    return this.#clock.monotonicMs() + RESERVATION_MS;
  }

  #hold(uid: string, reservation: Reservation<Traits>): void {
    this.#reservations.set(uid, reservation);
    this.#usage.add(reservation.more);
  }

  #release(uid: string): void {
    const reservation = this.#reservations.get(uid);
    if (!reservation) return;
    this.#reservations.delete(uid);
    this.#usage.remove(reservation.more);
  }

  /** All live equally long, so the first that is still good ends the search. */
  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [uid, { untilMs }] of this.#reservations) {
      if (untilMs > nowMs) return;
      this.#release(uid);
    }
  }
}

/** Of each amount the greater one. */
const greatest = (one: Amounts, other: Amounts = new Map()): Amounts =>
  new Map([...other, ...[...one].map(([name, amount]) => [name, Math.max(amount, other.get(name) ?? 0)] as const)]);

/** What of each amount is more than in `base`. */
export const beyond = (amounts: Amounts, base: Amounts = new Map()): Amounts =>
  new Map([...amounts].map(([name, amount]) => [name, Math.max(0, amount - (base.get(name) ?? 0))]));
