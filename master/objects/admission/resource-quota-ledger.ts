import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Cache } from '../../store/cache.ts';
import { ClaimLedger } from './claim-ledger.ts';
import { quotaCounting } from './resource-quota-claims.ts';
import type { Scoping } from './resource-quota-scopes.ts';
import type { Counting } from './usage-book.ts';

/** One kind's ledger, and how its objects are counted. */
export interface KindLedger {
  readonly resource: ResourceDefinition;
  readonly counting: Counting<ApiObject, Scoping>;
  readonly ledger: ClaimLedger<ApiObject, Scoping>;
}

/**
 * What namespaces use of what resource quotas limit, each kind in a ledger of its own: what a quota names is used by objects of one
 * kind only.
 *
 * Owns: the ledgers, each from the first question about its kind on. A cell without quotas has none.
 */
export class ResourceQuotaLedger {
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #kinds: KindLedger[] = [];

  constructor(cache: Cache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Expects the cache to be filled. */
  of(resource: ResourceDefinition): KindLedger {
    const index = this.#kinds.findIndex((kind) => isSameResource(kind.resource, resource));
    const found = this.#kinds[index];
    if (found?.resource === resource) return found;
    // A resource that changed is another definition; whoever followed the former one hears of nothing any more.
    if (found) this.#kinds.splice(index, 1)[0]?.ledger.close();
    const counting = quotaCounting(resource);
    const opened = { resource, counting, ledger: new ClaimLedger(this.#cache, this.#clock, resource, counting) };
    opened.ledger.open();
    this.#kinds.push(opened);
    return opened;
  }

  /** Counts a new object no longer that will not be stored. */
  withdraw(resource: ResourceDefinition, uid: string): void {
    this.#kinds.find((kind) => isSameResource(kind.resource, resource))?.ledger.withdraw(uid);
  }

  stop(): void {
    for (const { ledger } of this.#kinds.splice(0)) ledger.close();
  }
}
