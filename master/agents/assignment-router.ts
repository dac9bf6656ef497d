import { configMaps } from '../../api/core/config-map.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { secrets } from '../../api/core/secret.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Cache, Change } from '../store/cache.ts';
import { concernsAgent, type Instruction, type Lookup, NodeAssignments, referenceKey } from './assignments.ts';
import type { Reference } from './references.ts';

/** Takes what an agent is to be told; never refuses (it coalesces). */
export type Tell = (instructions: readonly Instruction[]) => void;

interface Attached {
  readonly assignments: NodeAssignments;
  readonly tell: Tell;
}

/**
 * Brings each change of a pod, ConfigMap or Secret to the agents it concerns, and to no other. Owns one subscription per kind,
 * the assignments of each attached node, and the index from referenced objects to the nodes that need them; a change costs
 * work in proportion to the nodes it concerns.
 */
export class AssignmentRouter {
  readonly #cache: Cache;
  readonly #nodes = new Map<string, Attached>();
  readonly #needs = new Map<string, Set<NodeAssignments>>();
  #unsubscribe: (() => void)[] = [];

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  start(): void {
    this.#unsubscribe = [
      this.#cache.subscribe(pods, (change) => this.#podChanged(change)),
      this.#cache.subscribe(configMaps, (change) => this.#referencedChanged('configmaps', change)),
      this.#cache.subscribe(secrets, (change) => this.#referencedChanged('secrets', change)),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  /**
   * From now on `tell` hears what concerns the node; the answer is all that does so already. Replaces what was attached. Ends
   * with the function returned, which does nothing once another has replaced it.
   */
  attach(nodeName: string, tell: Tell): { initial: Instruction[]; detach: () => void } {
    this.#nodes.get(nodeName)?.assignments.clear();
    const assignments = new NodeAssignments(nodeName, {
      needed: (key, by) => this.#needed(key, by),
      released: (key, by) => this.#released(key, by),
    });
    const attached = { assignments, tell };
    this.#nodes.set(nodeName, attached);
    const initial = this.#cache.podsOn(nodeName).flatMap((pod) => assignments.assign(pod as Pod, this.#lookup));
    const detach = () => {
      assignments.clear();
      if (this.#nodes.get(nodeName) === attached) this.#nodes.delete(nodeName);
    };
    return { initial, detach };
  }

  readonly #lookup: Lookup = ({ plural, namespace, name }: Reference) =>
    plural === 'secrets' ? this.#cache.get(secrets, namespace, name) : this.#cache.get(configMaps, namespace, name);

  #podChanged(change: Change<Pod>): void {
    const next = change.type === 'deleted' ? undefined : change.object;
    const previous = change.type === 'deleted' ? change.object : change.previous;
    const before = previous?.spec?.nodeName;
    const after = next?.spec?.nodeName;
    if (previous && before && before !== after) {
      const node = this.#nodes.get(before);
      node?.tell(node.assignments.withdraw(previous));
    }
    if (!next || !after) return;
    const node = this.#nodes.get(after);
    if (!node || (previous && before === after && !concernsAgent(previous, next))) return;
    node.tell(node.assignments.assign(next, this.#lookup));
  }

  #referencedChanged(plural: Reference['plural'], change: Change<ApiObject>): void {
    const { namespace = '', name = '' } = change.object.metadata ?? {};
    for (const assignments of this.#needs.get(referenceKey({ plural, namespace, name })) ?? []) {
      const instructions = assignments.referenced(plural, change.object, change.type === 'deleted');
      this.#nodes.get(assignments.nodeName)?.tell(instructions);
    }
  }

  #needed(key: string, by: NodeAssignments): void {
    const nodes = this.#needs.get(key);
    if (nodes) nodes.add(by);
    else this.#needs.set(key, new Set([by]));
  }

  #released(key: string, by: NodeAssignments): void {
    const nodes = this.#needs.get(key);
    nodes?.delete(by);
    if (nodes?.size === 0) this.#needs.delete(key);
  }
}
