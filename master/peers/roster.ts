import { hostname } from 'node:os';
import { type Lease, leases } from '../../api/coordination/lease.ts';
import {
  MASTER_LEASE_LABEL,
  MASTER_LEASE_NAMESPACE,
  MASTER_URL,
  type MasterPlace,
  masterIn,
  masterLeaseName,
} from '../../api/coordination/master-leases.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { microTimestamp, type Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { MasterContext } from '../context.ts';

export interface RosterOptions extends Pick<MasterContext, 'cache' | 'objects' | 'clock' | 'rng' | 'log'> {
  /** This master's own name (`master-id`). */
  readonly self: string;
  /** `https://HOST:PORT` at which agents and other masters reach it; asked at each renewal. */
  readonly url: () => string;
}

/** kube-apiserver's `--identity-lease-renew-interval-seconds` and `--identity-lease-duration-seconds`. */
const RENEW_MS = 10_000;
const DURATION_SECONDS = 3_600;
const USER = { user: 'system:stowage:master' };

/**
 * Which masters the cell has, and where. Owns: the Lease by which this one says that it is there, and the timer that renews it. Those of
 * masters that have said nothing for an hour are removed by whoever is still there.
 */
export class MasterRoster implements Service {
  readonly #options: RosterOptions;
  #timer: Timer | undefined;
  #stopped = false;
  #renewing: Promise<void> = Promise.resolve();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** This master's own name. */
  get self(): string {
    return this.#options.self;
  }

  /** Rejects when the store is away. */
  async start(): Promise<void> {
    await this.#renew();
    this.#again();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#renewing;
  }

  /** Those that are there, or were within the last hour; this one too. */
  masters(): MasterPlace[] {
    const all = this.#leases().flatMap((lease) => masterIn(lease) ?? []);
    return all.filter((place) => !this.#isForgotten(place));
  }

  find(masterId: string): MasterPlace | undefined {
    const { cache } = this.#options;
    const lease = cache.get(leases, MASTER_LEASE_NAMESPACE, masterLeaseName(masterId));
    return lease && masterIn(lease);
  }

  #leases(): Lease[] {
    return this.#options.cache.list(leases, MASTER_LEASE_NAMESPACE);
  }

  #isForgotten({ seenMs }: MasterPlace): boolean {
    return this.#options.clock.now() - seenMs > DURATION_SECONDS * 1_000;
  }

  #again(): void {
    const { clock, rng, log } = this.#options;
    if (this.#stopped) return;
    this.#timer = clock.setTimer(RENEW_MS * (0.9 + 0.2 * rng.next()), () => {
      this.#renewing = this.#renew()
        .then(() => this.#removeForgotten())
        .catch((error) =>
          log.debug({ error: String(error) }, "could not renew this master's Lease; it will be tried again"),
        )
        .then(() => this.#again());
    });
  }

  async #renew(): Promise<void> {
    const { cache, objects, clock, self, url } = this.#options;
    const name = masterLeaseName(self);
    const say = (lease: Lease) => {
      const { metadata = {} } = lease;
      lease.metadata = { ...metadata, annotations: { ...metadata.annotations, [MASTER_URL]: url() } };
      lease.spec = {
        ...lease.spec,
        holderIdentity: self,
        leaseDurationSeconds: DURATION_SECONDS,
        renewTime: microTimestamp(clock.now()),
      };
    };
    if (cache.get(leases, MASTER_LEASE_NAMESPACE, name)) {
      try {
        await objects.update(leases, MASTER_LEASE_NAMESPACE, name, say, USER);
        return;
      } catch (error) {
        // Somebody has removed it: it is made again.
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
    const labels = { ...MASTER_LEASE_LABEL, 'kubernetes.io/hostname': hostname() };
    const lease: Lease = { metadata: { name, namespace: MASTER_LEASE_NAMESPACE, labels } };
    say(lease);
    await objects.create(leases, lease, USER).catch((error) => {
      // The cache was behind.
      if (!isApiError(error, 'AlreadyExists')) throw error;
    });
  }

  async #removeForgotten(): Promise<void> {
    for (const lease of this.#leases()) {
      const place = masterIn(lease);
      if (!place || !this.#isForgotten(place)) continue;
      const preconditions = { uid: lease.metadata?.uid, resourceVersion: lease.metadata?.resourceVersion };
      await this.#options.objects.delete(leases, MASTER_LEASE_NAMESPACE, lease.metadata?.name ?? '', USER, {
        preconditions,
      });
    }
  }
}
