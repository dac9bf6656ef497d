import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Band, BandRange } from '../../../api/scheduling/bands.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Cache } from '../../store/cache.ts';
import { bandCounting, usedInBand } from './band-usage.ts';
import { ClaimLedger } from './claim-ledger.ts';
import type { Amounts, Claim } from './usage-book.ts';

/**
 * What namespaces use of their bands, those pods included that were admitted and are on their way.
 *
 * Owns: a ledger of pods, from the first question on. A cell without quotas has none.
 */
export class QuotaLedger {
  readonly #pods: ClaimLedger<Pod, number>;

  constructor(cache: Cache, clock: Clock) {
    this.#pods = new ClaimLedger(cache, clock, pods, bandCounting);
  }

  stop(): void {
    this.#pods.close();
  }

  /** Counts a pod that is about to be stored. Expects the cache to be filled. */
  reserve(uid: string, claim: Claim<number>): void {
    this.#pods.open();
    this.#pods.reserve(uid, claim);
  }

  /** Counts what a pod is about to ask for beyond what it did (`base`). Expects the cache to be filled. */
  reserveGrowth(uid: string, claim: Claim<number>, base: Claim<number>): void {
    this.#pods.open();
    this.#pods.reserveGrowth(uid, claim, base);
  }

  /** Counts a new pod no longer that will not be stored. */
  withdraw(uid: string): void {
    this.#pods.withdraw(uid);
  }

  /** Expects the cache to be filled. */
  used(namespace: string, band: Band, bands: readonly BandRange[]): Amounts {
    this.#pods.open();
    return usedInBand(this.#pods, namespace, band, bands);
  }
}
