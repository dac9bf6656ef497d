import { isDeepStrictEqual } from 'node:util';
import { conditionOf } from '../../api/core/conditions.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { type Reference, referencesOf, volumeOf } from './references.ts';

/** One thing an agent is to be told. */
export type Instruction =
  | { readonly type: 'upsert'; readonly plural: Plural; readonly object: ApiObject }
  | {
      readonly type: 'removal';
      readonly plural: Plural;
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
    };
export type Plural = 'pods' | Reference['plural'];

/** Finds the object of a reference; `undefined` while there is none. */
export type Lookup = (reference: Reference) => ApiObject | undefined;

export const referenceKey = (reference: Reference): string =>
  `${reference.plural}/${reference.namespace}/${reference.name}`;

/** Told when an agent starts and stops to need an object, so that a change to it finds the agents that do. */
export interface ReferenceIndex {
  needed(key: string, by: NodeAssignments): void;
  released(key: string, by: NodeAssignments): void;
}

interface Assigned {
  readonly uid: string;
  readonly references: readonly Reference[];
}

/**
 * What one agent has been told, and what to tell it given a change. Owns only memory: every method answers with instructions,
 * in an order in which a referenced object comes before the pod that refers to it.
 *
 * Invariant: `#uses` counts, for each referenced object, the assigned pods (of a volume: the claims in use) that refer to it; the
 * index holds exactly its keys; `#volumes` holds the volume that each claim in use names.
 */
export class NodeAssignments {
  readonly nodeName: string;
  readonly #index: ReferenceIndex;
  readonly #pods = new Map<string, Assigned>();
  readonly #uses = new Map<string, number>();
  readonly #volumes = new Map<string, Reference>();

  constructor(nodeName: string, index: ReferenceIndex) {
    this.nodeName = nodeName;
    this.#index = index;
  }

  /** The pod is to run here, or has changed. */
  assign(pod: Pod, lookup: Lookup): Instruction[] {
    const { key, uid } = identityOf(pod);
    const known = this.#pods.get(key);
    const replaced: Instruction[] = known && known.uid !== uid ? [removalOf(pod, known.uid)] : [];
    const references = referencesOf(pod);
    const fresh = references.flatMap((reference) => this.#use(reference, lookup));
    const stale = (known?.references ?? []).flatMap((reference) => this.#release(reference));
    this.#pods.set(key, { uid, references });
    return [...replaced, ...fresh, { type: 'upsert', plural: 'pods', object: pod }, ...stale];
  }

  /** The pod is gone, or has moved. */
  withdraw(pod: Pod): Instruction[] {
    const { key, uid } = identityOf(pod);
    const known = this.#pods.get(key);
    if (!known || known.uid !== uid) return [];
    this.#pods.delete(key);
    const released = known.references.flatMap((reference) => this.#release(reference));
    return [removalOf(pod, uid), ...released];
  }

  /** An object that assigned pods refer to was made, changed or deleted. */
  referenced(plural: Reference['plural'], object: ApiObject, deleted: boolean, lookup: Lookup): Instruction[] {
    const { namespace = '', name = '', uid = '' } = object.metadata ?? {};
    const reference: Reference = { plural, namespace, name };
    if (!this.#uses.has(referenceKey(reference))) return [];
    const volume = this.#follow(reference, deleted ? undefined : object, lookup);
    const told: Instruction = deleted
      ? { type: 'removal', plural, namespace, name, uid }
      : { type: 'upsert', plural, object };
    return [...volume, told];
  }

  /** The agent is gone: nothing here is needed any more. */
  clear(): void {
    for (const key of this.#uses.keys()) this.#index.released(key, this);
    this.#uses.clear();
    this.#volumes.clear();
    this.#pods.clear();
  }

  /** Counts one more use; with the first one the agent is to hear of the object, where there is one. */
  #use(reference: Reference, lookup: Lookup): Instruction[] {
    const key = referenceKey(reference);
    const count = this.#uses.get(key) ?? 0;
    this.#uses.set(key, count + 1);
    if (count > 0) return [];
    this.#index.needed(key, this);
    const object = lookup(reference);
    if (!object) return [];
    const { plural } = reference;
    return [...this.#follow(reference, object, lookup), { type: 'upsert', plural, object }];
  }

  /** A claim's volume is in use while the claim is; one that the claim names no longer is not. Other objects lead nowhere. */
  #follow(reference: Reference, object: ApiObject | undefined, lookup: Lookup): Instruction[] {
    if (reference.plural !== 'persistentvolumeclaims') return [];
    const key = referenceKey(reference);
    const before = this.#volumes.get(key);
    const volume = object && volumeOf(object);
    if (before?.name === volume?.name) return [];
    if (volume) this.#volumes.set(key, volume);
    else this.#volumes.delete(key);
    return [...(volume ? this.#use(volume, lookup) : []), ...(before ? this.#release(before) : [])];
  }

  /** Counts one use less; after the last one the agent may forget the object. */
  #release(reference: Reference): Instruction[] {
    const key = referenceKey(reference);
    const count = this.#uses.get(key) ?? 0;
    if (count > 1) {
      this.#uses.set(key, count - 1);
      return [];
    }
    this.#uses.delete(key);
    this.#index.released(key, this);
    const volume = this.#volumes.get(key);
    this.#volumes.delete(key);
    const { plural, namespace, name } = reference;
    return [{ type: 'removal', plural, namespace, name, uid: '' }, ...(volume ? this.#release(volume) : [])];
  }
}

/**
 * Whether a change of a pod is news to its agent. Most changes are the agent's own reports coming back: of `status`, only that the
 * pod is over counts (somebody else may have declared it failed), and the conditions that its readiness gates wait for, which
 * others set. That it runs nobody else says.
 */
export function concernsAgent(previous: Pod, next: Pod): boolean {
  const [before, after] = [previous.metadata, next.metadata];
  return (
    (isOver(next) && previous.status?.phase !== next.status?.phase) ||
    before?.uid !== after?.uid ||
    before?.deletionTimestamp !== after?.deletionTimestamp ||
    before?.deletionGracePeriodSeconds !== after?.deletionGracePeriodSeconds ||
    !isDeepStrictEqual(before?.labels, after?.labels) ||
    !isDeepStrictEqual(before?.annotations, after?.annotations) ||
    !isDeepStrictEqual(previous.spec, next.spec) ||
    gatesMoved(previous, next)
  );
}

/** Kubernetes docs, "Pod Lifecycle", "Pod readiness": the agent decides whether a pod is ready, on conditions of others. */
const gatesMoved = (previous: Pod, next: Pod): boolean =>
  (next.spec?.readinessGates ?? []).some(
    ({ conditionType }) =>
      conditionOf(previous.status?.conditions, conditionType)?.status !==
      conditionOf(next.status?.conditions, conditionType)?.status,
  );

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function identityOf(pod: Pod): { key: string; uid: string } {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  return { key: `${namespace}/${name}`, uid };
}

function removalOf(pod: Pod, uid: string): Instruction {
  const { namespace = '', name = '' } = pod.metadata ?? {};
  return { type: 'removal', plural: 'pods', namespace, name, uid };
}
