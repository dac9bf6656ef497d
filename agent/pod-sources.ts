import type { Assignments, Upsert } from '../proto/messages.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DesiredPod } from './plan/state.ts';
import { type PersistentVolume, type Pod, podKey, type Sources } from './pod-types.ts';
import { type SourceObjects, SourceStore } from './source-store.ts';
import type { Tokens } from './tokens/tokens.ts';

export interface PodSourcesParts {
  readonly checkpoint: Checkpoint;
  readonly tokens: Tokens;
  /** The master has said what a persistent volume is, or has become. */
  readonly volumeTold: (volume: PersistentVolume) => void;
}

/** What the pods of this node refer to, and their tokens. Owns the store of what the master has sent beside pods. */
export class PodSources {
  private readonly parts: PodSourcesParts;
  private readonly store = new SourceStore();
  /** Those of the node's object, where some pod here made the master tell. */
  nodeLabels: Readonly<Record<string, string>> | undefined;

  constructor(parts: PodSourcesParts) {
    this.parts = parts;
  }

  /** From disk. */
  putAll(objects: SourceObjects): void {
    this.store.putAll(objects);
  }

  /** Takes over what a message says of anything but pods. Gives the namespaces of what changed; empty: that of what has none. */
  take({ complete, upserts, removals }: Assignments): ReadonlySet<string> {
    const changed = new Set<string>();
    if (complete) this.store.clear();
    if (complete) this.nodeLabels = undefined;
    for (const upsert of upserts) if (upsert.plural !== 'pods') this.put(upsert, changed);
    for (const { plural, namespace, name } of removals) {
      this.store.remove(plural, namespace, name);
      if (plural !== 'pods') changed.add(namespace);
    }
    return changed;
  }

  /** Text that changes whenever something does that the pod's volumes, environment or pulls show or use. */
  versionFor(pod: Pod): string {
    return `${this.store.versionFor(pod)} ${this.parts.tokens.version(podKey(pod).uid)}`;
  }

  of(pod: Pod): Sources {
    const { tokens } = this.parts;
    const { namespace, uid } = podKey(pod);
    const token: Sources['token'] = (of, wish) => tokens.get(of, wish);
    return { ...this.store.of(namespace), token, settled: () => tokens.settled(uid) };
  }

  /** Puts a pod on disk, with all that it refers to. */
  save({ pod }: DesiredPod): void {
    this.parts.checkpoint.savePod(podKey(pod).uid, { pod, ...this.store.objectsOf(pod) });
  }

  private put({ plural, namespace, json }: Upsert, changed: Set<string>): void {
    const object = JSON.parse(json);
    this.store.put(plural, object);
    if (plural === 'persistentvolumes') this.parts.volumeTold(object);
    if (plural === 'nodes') this.nodeLabels = object.metadata?.labels ?? {};
    changed.add(namespace);
  }
}
