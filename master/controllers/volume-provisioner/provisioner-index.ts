import { LOCAL_PATH_BASE, LOCAL_PATH_PROVISIONER, localPathNode } from '../../../api/core/local-path.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { isClaimBound, STORAGE_PROVISIONER } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';

/** Whether the claim has asked this provisioner for a volume and has none yet. */
export const isWaiting = (claim: PersistentVolumeClaim): boolean =>
  metaOf(claim).annotations?.[STORAGE_PROVISIONER] === LOCAL_PATH_PROVISIONER &&
  !metaOf(claim).deletionTimestamp &&
  !claim.spec?.volumeName &&
  !isClaimBound(claim);

const baseOf = (node: Node | undefined): string | undefined => node && metaOf(node).annotations?.[LOCAL_PATH_BASE];

/**
 * Owns which claims wait, and which volumes are on which node, so that a change of a node or class goes through neither all claims
 * nor all volumes.
 */
export class ProvisionerIndex {
  readonly #waiting = new Set<string>();
  readonly #byNode = new Map<string, Set<string>>();

  /** Keys of the claims that wait. */
  get waiting(): Iterable<string> {
    return this.#waiting;
  }

  /** Whether the claim is, or was until now, of concern. */
  claimChanged({ type, object }: Change<PersistentVolumeClaim>): boolean {
    const key = keyOf(object);
    if (type === 'deleted' || !isWaiting(object)) return this.#waiting.delete(key);
    this.#waiting.add(key);
    return true;
  }

  /** Whether the volume is of this provisioner's making. */
  volumeChanged({ type, object }: Change<PersistentVolume>): boolean {
    const nodeName = localPathNode(object);
    if (nodeName === undefined) return false;
    const { name = '' } = metaOf(object);
    const there = this.#byNode.get(nodeName) ?? new Set();
    if (type === 'deleted') there.delete(name);
    else there.add(name);
    if (there.size > 0) this.#byNode.set(nodeName, there);
    else this.#byNode.delete(nodeName);
    return true;
  }

  /** Claims that may have waited for this, and volumes whose node is gone. */
  concerned({ type, object, previous }: Change<Node>): { claims: Iterable<string>; volumes: Iterable<string> } {
    if (type === 'modified' && baseOf(object) === baseOf(previous)) return { claims: [], volumes: [] };
    const gone = type === 'deleted' ? this.#byNode.get(metaOf(object).name ?? '') : undefined;
    return { claims: this.#waiting, volumes: gone ?? [] };
  }
}
