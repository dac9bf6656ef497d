import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Band, BandRange } from '../../../api/scheduling/bands.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Cache, Change } from '../../store/cache.ts';
import { type Amounts, BandUsage, type Claim } from './band-usage.ts';

interface Reservation {
  readonly claim: Claim;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

/**
 * How long a pod that was admitted counts without the cache having told of it. Longer than the store takes to answer or to give
 * up, so that a slow write is still counted when it arrives; short, since a write that failed holds its place until then.
 */
const RESERVATION_MS = 30_000;

/**
 * What namespaces use of their bands: the pods that the cache shows, and those that were admitted a moment ago and are still on
 * their way to it, so that many that are made at once cannot each find the same room.
 *
 * Owns: the sums, fed by the cache from `start` to `stop`; reservations by uid, the oldest first. Invariant: a pod counts once,
 * as a reservation until the cache first tells of it, as what the cache tells from then on.
 */
export class QuotaLedger implements Service {
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #reservations = new Map<string, Reservation>();
  #usage = new BandUsage();
  #unsubscribe: (() => void) | undefined;

  constructor(cache: Cache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Expects the cache to be filled. */
  async start(): Promise<void> {
    if (this.#unsubscribe) return;
    this.#usage = new BandUsage();
    const { revision } = this.#cache;
    for (const object of this.#cache.list(pods)) this.#usage.apply({ type: 'added', object, revision });
    this.#unsubscribe = this.#cache.subscribe(pods, (change) => this.#hear(change));
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#reservations.clear();
  }

  /** Counts a pod that is about to be stored. */
  reserve(uid: string, claim: Claim): void {
    if (this.#reservations.has(uid)) return;
    this.#reservations.set(uid, { claim, untilMs: this.#clock.monotonicMs() + RESERVATION_MS });
    this.#usage.add(claim);
  }

  used(namespace: string, band: Band, bands: readonly BandRange[]): Amounts {
    this.#expire();
    return this.#usage.used(namespace, band, bands);
  }

  #hear(change: Change<Pod>): void {
    this.#release(metaOf(change.object).uid ?? '');
    this.#usage.apply(change);
  }

  #release(uid: string): void {
    const reservation = this.#reservations.get(uid);
    if (!reservation) return;
    this.#reservations.delete(uid);
    this.#usage.remove(reservation.claim);
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
