import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { SELECTED_NODE } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';
import type { Decision } from '../decision.ts';
import { bound, DRIVER, type Storage } from './random-volumes.fixture.ts';
import { nameOf, namespaceOf } from './world.fixture.ts';

export type VolumeChoice = Extract<Decision, { type: 'bind' }>['volumes'][number];

/**
 * What there is in storage.
 *
 * Owns: the objects, by name.
 */
export class StorageModel {
  readonly classes = new Map<string, StorageClass>();
  readonly claims = new Map<string, PersistentVolumeClaim>();
  readonly volumes = new Map<string, PersistentVolume>();
  readonly csiNodes = new Map<string, CSINode>();

  get storage(): Storage {
    const { classes, claims, volumes, csiNodes } = this;
    return {
      classes: [...classes.values()],
      claims: [...claims.values()],
      volumes: [...volumes.values()],
      csiNodes: [...csiNodes.values()],
    };
  }

  /** How things will be when the choices are carried out. */
  with(choices: readonly VolumeChoice[]): StorageModel {
    const after = new StorageModel();
    for (const kind of ['classes', 'claims', 'volumes', 'csiNodes'] as const)
      for (const [name, object] of this[kind]) after[kind].set(name, object as never);
    for (const choice of choices) after.#carryOut(choice);
    return after;
  }

  /** What the API tells of once a choice is carried out: the claim and its volume, which may have been made for it. */
  outcome(choice: VolumeChoice): { claim: PersistentVolumeClaim; volume: PersistentVolume } | undefined {
    const claim = this.claims.get(choice.claim)!;
    if (claim.spec?.volumeName) return undefined;
    return bound(claim, 'volume' in choice ? this.volumes.get(choice.volume)! : madeFor(claim, choice.selectedNode));
  }

  #carryOut(choice: VolumeChoice): void {
    const claim = this.claims.get(choice.claim)!;
    if ('volume' in choice) {
      const outcome = this.outcome(choice);
      if (!outcome) return;
      this.claims.set(choice.claim, outcome.claim);
      this.volumes.set(choice.volume, outcome.volume);
    } else {
      const annotations = { ...claim.metadata?.annotations, [SELECTED_NODE]: choice.selectedNode };
      this.claims.set(choice.claim, { ...claim, metadata: { ...claim.metadata, annotations } });
    }
  }
}

export const claimKey = (claim: PersistentVolumeClaim): string => `${namespaceOf(claim)}/${nameOf(claim)}`;

/** Reached from the one node. */
function madeFor(claim: PersistentVolumeClaim, node: string): PersistentVolume {
  const name = `made-for-${nameOf(claim)}`;
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] };
  return {
    metadata: { name },
    spec: {
      storageClassName: claim.spec?.storageClassName,
      capacity: { ...claim.spec?.resources?.requests },
      accessModes: claim.spec?.accessModes,
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
      csi: { driver: DRIVER, volumeHandle: name },
    },
  };
}
