import { isToBeErased, localPathNode } from '../../api/core/local-path.ts';
import type { PersistentVolume } from '../../api/core/persistent-volume.ts';
import { metaOf } from '../../api/meta/object.ts';
import type { Instruction } from './assignments.ts';

/** What an agent is told of a volume that it is to erase. */
export const toErase = (object: PersistentVolume): Instruction[] => [
  { type: 'upsert', plural: 'persistentvolumes', object },
];

/** Volumes that agents are to erase. Owns them by node, so that an agent that comes back is told of its own without a search. */
export class DoomedVolumes {
  readonly #byNode = new Map<string, Map<string, PersistentVolume>>();

  /** Takes note of a volume; gives the node whose agent is to be told of it now, if any. */
  put(volume: PersistentVolume): string | undefined {
    const nodeName = isToBeErased(volume) ? localPathNode(volume) : undefined;
    if (nodeName === undefined) {
      this.remove(volume);
      return undefined;
    }
    const there = this.#byNode.get(nodeName) ?? new Map<string, PersistentVolume>();
    this.#byNode.set(nodeName, there.set(metaOf(volume).name ?? '', volume));
    return nodeName;
  }

  /** Gives the node that was to erase it, if any. */
  remove(volume: PersistentVolume): string | undefined {
    const nodeName = localPathNode(volume);
    const there = nodeName === undefined ? undefined : this.#byNode.get(nodeName);
    if (nodeName === undefined || !there?.delete(metaOf(volume).name ?? '')) return undefined;
    if (there.size === 0) this.#byNode.delete(nodeName);
    return nodeName;
  }

  of(nodeName: string): Instruction[] {
    return [...(this.#byNode.get(nodeName)?.values() ?? [])].flatMap(toErase);
  }
}
