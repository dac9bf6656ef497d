import { type Namespace, namespaces } from '../../api/core/namespace.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type NetworkPolicy, networkPolicies } from '../../api/networking/network-policy.ts';
import type { NetworkKind } from '../../proto/network.ts';
import type { Cache, Change } from '../store/cache.ts';
import { Group, guardingOf } from './network-guards.ts';

/** Tells of an object; undefined: it is there no longer. What is told again is no news. */
export type Tell = (kind: NetworkKind, key: string, told: object | undefined) => void;

interface Followed {
  readonly group: Group;
  /** Policies that name it. */
  readonly users: Set<string>;
  /** Keys of the pods that are in it. */
  readonly members: Set<string>;
}

/**
 * Tells agents of network policies, and of the pods that those mean. A pod is looked at when something of it changes that may matter, and
 * only against groups of its namespace and of many. Owns the groups, and who is in them.
 */
export class NetworkGuarding {
  readonly #cache: Cache;
  readonly #tell: Tell;
  readonly #groups = new Map<string, Followed>();
  /** Of one namespace each, and those that may reach over all. */
  readonly #within = new Map<string, Set<string>>();
  readonly #across = new Set<string>();
  /** Groups that each policy names. */
  readonly #named = new Map<string, readonly string[]>();

  constructor(cache: Cache, tell: Tell) {
    this.#cache = cache;
    this.#tell = tell;
  }

  /** Returns what ends it. */
  start(): () => void {
    const cache = this.#cache;
    for (const policy of cache.list(networkPolicies)) this.#policyChanged(keyOf(policy), policy);
    const ends = [
      cache.subscribe(networkPolicies, ({ type, object }) =>
        this.#policyChanged(keyOf(object), type === 'deleted' ? undefined : object),
      ),
      cache.subscribe(pods, (change) => this.#podChanged(change)),
      cache.subscribe(namespaces, (change) => this.#namespaceChanged(change)),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  #policyChanged(key: string, policy: NetworkPolicy | undefined): void {
    const guarding = policy && guardingOf(policy);
    const before = this.#named.get(key) ?? [];
    for (const [id, spec] of guarding?.groups ?? []) this.#use(id, key, () => new Group(id, spec));
    for (const id of before) if (!guarding?.groups.has(id)) this.#leave(id, key);
    if (guarding) this.#named.set(key, [...guarding.groups.keys()]);
    else this.#named.delete(key);
    this.#tell('policy', key, guarding?.guard);
  }

  #use(id: string, policy: string, make: () => Group): void {
    const found = this.#groups.get(id);
    if (found) return void found.users.add(policy);
    const followed: Followed = { group: make(), users: new Set([policy]), members: new Set() };
    const { namespace } = followed.group.spec;
    this.#groups.set(id, followed);
    if (namespace === undefined) this.#across.add(id);
    else this.#within.set(namespace, (this.#within.get(namespace) ?? new Set()).add(id));
    for (const pod of this.#cache.list(pods, namespace)) this.#place(pod, id, followed);
  }

  #leave(id: string, policy: string): void {
    const followed = this.#groups.get(id);
    if (!followed?.users.delete(policy) || followed.users.size > 0) return;
    const { namespace } = followed.group.spec;
    this.#groups.delete(id);
    this.#across.delete(id);
    const others = namespace === undefined ? undefined : this.#within.get(namespace);
    others?.delete(id);
    if (namespace !== undefined && others?.size === 0) this.#within.delete(namespace);
    for (const pod of followed.members) this.#tell('member', `${id}/${pod}`, undefined);
  }

  #podChanged({ type, object, previous }: Change<Pod>): void {
    if (this.#groups.size === 0) return;
    if (type === 'modified' && previous && isAlike(object, previous)) return;
    const { namespace = '' } = metaOf(object);
    for (const id of [...(this.#within.get(namespace) ?? []), ...this.#across]) {
      const followed = this.#groups.get(id);
      if (followed) this.#place(object, id, followed, type === 'deleted');
    }
  }

  #namespaceChanged({ object, previous }: Change<Namespace>): void {
    if (this.#across.size === 0) return;
    const [now, before] = [object, previous].map((each) => JSON.stringify(each && metaOf(each).labels));
    if (now === before) return;
    for (const pod of this.#cache.list(pods, metaOf(object).name))
      for (const id of this.#across) {
        const followed = this.#groups.get(id);
        if (followed) this.#place(pod, id, followed);
      }
  }

  #place(pod: Pod, id: string, { group, members }: Followed, isGone = false): void {
    const key = keyOf(pod);
    const space = metaOf(pod).namespace ?? '';
    const labels = metaOf(this.#cache.get(namespaces, undefined, space) ?? {}).labels;
    const member = isGone ? undefined : group.memberOf(pod, labels);
    if (member) members.add(key);
    else if (!members.delete(key)) return;
    this.#tell('member', `${id}/${key}`, member);
  }
}

const keyOf = (object: NetworkPolicy | Pod): string => `${metaOf(object).namespace}/${metaOf(object).name}`;

/** Nothing has changed of it that could bring it into a group, or out of one: a pod's ports never change. */
function isAlike(one: Pod, other: Pod): boolean {
  if (one.status?.podIP !== other.status?.podIP || one.status?.phase !== other.status?.phase) return false;
  const [a, b] = [metaOf(one).labels, metaOf(other).labels];
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
