import { nodes } from '../../api/core/node.ts';
import { isSameResource, type ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { CacheFeed } from '../store/cache.ts';
import type { Op, Store } from '../store/store.ts';

const PREFIX = '/stowage/revoked-nodes/';
const DAY_MS = 24 * 60 * 60 * 1_000;
/** No certificate lasts longer than its year: then there is nothing left to revoke. */
const FORGET_AFTER_MS = 366 * DAY_MS;
const SECOND_MS = 1_000;

/**
 * What is written in the same commit that removes a Node: since when no certificate of that name is good. So a machine that was taken
 * out of the cell stays out until a token lets it in again, and its certificate cannot be used against the machine that takes its name.
 */
export function revocationOf(resource: ResourceDefinition<never>, object: ApiObject, nowMs: number): Op[] {
  if (!isSameResource(resource, nodes)) return [];
  return [{ type: 'put', key: PREFIX + (metaOf(object).name ?? ''), value: String(nowMs) }];
}

/**
 * Which certificates of nodes are good no more. Owns: for each name that a Node was deleted of within a year, when that was; it learns of
 * further ones from the cache, and reads when exactly from the store.
 */
export class RevokedNodes implements Service {
  readonly #store: Store;
  readonly #cache: Pick<CacheFeed, 'subscribe'>;
  readonly #clock: Clock;
  readonly #sinceMs = new Map<string, number>();
  #unsubscribe = () => {};

  constructor(store: Store, cache: Pick<CacheFeed, 'subscribe'>, clock: Clock) {
    this.#store = store;
    this.#cache = cache;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#cache.subscribe(nodes, ({ type, object }) => {
      if (type === 'deleted') void this.#learn(metaOf(object).name ?? '');
    });
    const { values } = await this.#store.list(PREFIX);
    const oldestMs = this.#clock.now() - FORGET_AFTER_MS;
    for (const { key, value, modRevision } of values) {
      if (Number(value) > oldestMs) this.#note(key.slice(PREFIX.length), Number(value));
      else await this.#store.commit({ compares: [{ key, modRevision }], ops: [{ type: 'delete', key }] });
    }
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
  }

  /** Whether a certificate of the node that was made then is good no more. Certificates tell the second alone: within one, it is not. */
  isRevoked(nodeName: string, issuedMs: number): boolean {
    const sinceMs = this.#sinceMs.get(nodeName);
    return sinceMs !== undefined && Math.floor(issuedMs / SECOND_MS) <= Math.floor(sinceMs / SECOND_MS);
  }

  /** The same for users as certificates name them: others than nodes are never revoked. */
  isRevokedUser(userName: string, issuedMs: number): boolean {
    return userName.startsWith(NODE_USER_PREFIX) && this.isRevoked(userName.slice(NODE_USER_PREFIX.length), issuedMs);
  }

  #note(nodeName: string, ms: number): void {
    this.#sinceMs.set(nodeName, Math.max(ms, this.#sinceMs.get(nodeName) ?? 0));
  }

  /** Never rejects: until the store has told, everything that was made before now is revoked. */
  async #learn(nodeName: string): Promise<void> {
    const before = this.#sinceMs.get(nodeName);
    this.#sinceMs.set(nodeName, this.#clock.now());
    const found = await this.#store.get(PREFIX + nodeName).catch(() => undefined);
    if (found) this.#sinceMs.set(nodeName, Math.max(Number(found.value), before ?? 0));
  }
}
