import type { Namespace } from '../../../api/core/namespace.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { SchedulingPolicySpec } from '../../../api/stowage/scheduling-policy.ts';
import { StorageModel, type VolumeChoice } from './storage-model.fixture.ts';
import type { ReferenceWorld } from './world.fixture.ts';

type Entry =
  | { readonly state: 'pending' | 'placed'; readonly pod: Pod }
  /** `bound` is what it was when the decision fell, with its node; that is what it counts as until its bind is heard of. */
  | {
      readonly state: 'binding';
      readonly pod: Pod;
      readonly bound: Pod;
      readonly choices: readonly VolumeChoice[];
    };

/**
 * The cell as the API would show it, with the binds that are under way.
 *
 * Owns: the objects that there are.
 */
export class CellModel {
  readonly nodes = new Map<string, Node>();
  readonly namespaces = new Map<string, Namespace>();
  readonly storage = new StorageModel();
  readonly #pods = new Map<string, Entry>();
  readonly #policy: SchedulingPolicySpec;

  constructor(policy: SchedulingPolicySpec) {
    this.#policy = policy;
  }

  /** What the reference is asked about. */
  get world(): ReferenceWorld {
    const entries = [...this.#pods.values()];
    const pods = entries.map((entry) => (entry.state === 'binding' ? entry.bound : entry.pod));
    const [nodes, namespaces] = [[...this.nodes.values()], [...this.namespaces.values()]];
    const choices = entries.flatMap((entry) => (entry.state === 'binding' ? entry.choices : []));
    return { nodes, namespaces, pods, ...this.storage.with(choices).storage, policy: this.#policy };
  }

  get pods(): Pod[] {
    return [...this.#pods.values()].map(({ pod }) => pod);
  }

  in(state: Entry['state']): Pod[] {
    return [...this.#pods.values()].filter((entry) => entry.state === state).map(({ pod }) => pod);
  }

  /** As the API tells of it. */
  set(pod: Pod): void {
    const known = this.#pods.get(uidOf(pod));
    if (pod.spec?.nodeName) this.#pods.set(uidOf(pod), { state: 'placed', pod });
    else this.#pods.set(uidOf(pod), known?.state === 'binding' ? { ...known, pod } : { state: 'pending', pod });
  }

  remove(pod: Pod): void {
    this.#pods.delete(uidOf(pod));
  }

  bind(pod: Pod, node: string, choices: readonly VolumeChoice[]): void {
    const { pod: newest } = this.#pods.get(uidOf(pod))!;
    this.#pods.set(uidOf(pod), { state: 'binding', pod: newest, bound: onNode(pod, node), choices });
  }

  /** What is to be done for the pod's volumes while its bind is under way. */
  choicesOf(pod: Pod): readonly VolumeChoice[] {
    const entry = this.#pods.get(uidOf(pod));
    return entry?.state === 'binding' ? entry.choices : [];
  }

  /** The pod with the node it was bound to. */
  confirmed(pod: Pod): Pod {
    const entry = this.#pods.get(uidOf(pod))!;
    return entry.state === 'binding' ? onNode(pod, entry.bound.spec!.nodeName!) : pod;
  }

  unbind(pod: Pod): void {
    this.#pods.set(uidOf(pod), { state: 'pending', pod });
  }
}

export const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';

export const onNode = (pod: Pod, nodeName: string): Pod => ({ ...pod, spec: { ...pod.spec!, nodeName } });
