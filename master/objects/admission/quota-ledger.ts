import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Band, BandRange } from '../../../api/scheduling/bands.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Cache } from '../../store/cache.ts';
import { bandCounting, usedInBand } from './band-usage.ts';
import { ClaimLedger } from './claim-ledger.ts';
import type { Amounts, Claim } from './usage-book.ts';

/** What namespaces use of their bands, those pods included that were admitted and are on their way. Owns: a ledger of pods. */
export class QuotaLedger implements Service {
  readonly #pods: ClaimLedger<Pod, number>;

  constructor(cache: Cache, clock: Clock) {
    this.#pods = new ClaimLedger(cache, clock, pods, bandCounting);
  }

  /** Expects the cache to be filled. */
  async start(): Promise<void> {
    this.#pods.open();
  }

  async stop(): Promise<void> {
    this.#pods.close();
  }

  /** Counts a pod that is about to be stored. */
  reserve(uid: string, claim: Claim<number>): void {
    this.#pods.reserve(uid, claim);
  }

  /** Counts a new pod no longer that will not be stored. */
  withdraw(uid: string): void {
    this.#pods.withdraw(uid);
  }

  used(namespace: string, band: Band, bands: readonly BandRange[]): Amounts {
    return usedInBand(this.#pods, namespace, band, bands);
  }
}
