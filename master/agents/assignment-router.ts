import { isDeepStrictEqual } from 'node:util';
import { configMaps } from '../../api/core/config-map.ts';
import { nodes } from '../../api/core/node.ts';
import { type PersistentVolume, persistentVolumes } from '../../api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { secrets } from '../../api/core/secret.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Cache, Change } from '../store/cache.ts';
import { concernsAgent, type Instruction, type Lookup, NodeAssignments, referenceKey } from './assignments.ts';
import { DoomedVolumes, toErase } from './doomed-volumes.ts';
import type { Reference } from './references.ts';

/** Takes what an agent is to be told; never refuses (it coalesces). */
export type Tell = (instructions: readonly Instruction[]) => void;

/** The kinds that pods refer to. */
const REFERENCED = {
  configmaps: configMaps,
  secrets,
  persistentvolumeclaims: persistentVolumeClaims,
  persistentvolumes: persistentVolumes,
  nodes,
} as unknown as Readonly<Record<Reference['plural'], ResourceDefinition>>;

interface Attached {
  readonly assignments: NodeAssignments;
  readonly tell: Tell;
}

/**
 * Brings each change of a pod, or of an object that pods refer to, to the agents it concerns, and to no other. Owns one
 * subscription per kind, the assignments of each attached node, the volumes that nodes are to erase, and the index from referenced
 * objects to the nodes that need them; a change costs work in proportion to the nodes it concerns.
 */
export class AssignmentRouter {
  readonly #cache: Cache;
  readonly #nodes = new Map<string, Attached>();
  readonly #needs = new Map<string, Set<NodeAssignments>>();
  readonly #doomed = new DoomedVolumes();
  #unsubscribe: (() => void)[] = [];

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  start(): void {
    this.#unsubscribe = [
      this.#cache.subscribe(pods, (change) => this.#podChanged(change)),
      ...Object.entries(REFERENCED).map(([plural, resource]) =>
        this.#cache.subscribe(resource, (change) => this.#referencedChanged(plural as Reference['plural'], change)),
      ),
      this.#cache.subscribe(persistentVolumes, (change) => this.#volumeChanged(change)),
    ];
    for (const volume of this.#cache.list(persistentVolumes)) this.#doomed.put(volume);
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
    initial.push(...this.#doomed.of(nodeName));
    return { initial, detach };
  }

  readonly #lookup: Lookup = ({ plural, namespace, name }: Reference) =>
    this.#cache.get(REFERENCED[plural], namespace || undefined, name);

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
    // Of a node only its labels are of interest; its status comes from its agent.
    if (plural === 'nodes' && change.type === 'modified' && sameLabels(change.previous, change.object)) return;
    const { namespace = '', name = '' } = change.object.metadata ?? {};
    for (const assignments of this.#needs.get(referenceKey({ plural, namespace, name })) ?? []) {
      const instructions = assignments.referenced(plural, change.object, change.type === 'deleted', this.#lookup);
      this.#nodes.get(assignments.nodeName)?.tell(instructions);
    }
  }

  #volumeChanged({ type, object }: Change<PersistentVolume>): void {
    const gone = type === 'deleted';
    const nodeName = gone ? this.#doomed.remove(object) : this.#doomed.put(object);
    if (nodeName === undefined) return;
    const { name = '', uid = '' } = object.metadata ?? {};
    const removal: Instruction = { type: 'removal', plural: 'persistentvolumes', namespace: '', name, uid };
    this.#nodes.get(nodeName)?.tell(gone ? [removal] : toErase(object));
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

const sameLabels = (a: ApiObject | undefined, b: ApiObject): boolean =>
  isDeepStrictEqual(a?.metadata?.labels, b.metadata?.labels);
