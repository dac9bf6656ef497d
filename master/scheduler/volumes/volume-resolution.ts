import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { quantityValue } from '../../../api/meta/quantity.ts';
import type { NodePredicate } from '../constraints/node-affinity.ts';
import type { KnownVolume } from './available-volumes.ts';
import type { DiskUse } from './volume-needs.ts';
import type { VolumePlace } from './volume-place.ts';

/** What is to be done for a claim before its pod can start: give it a volume, or have one made for a node. */
export type VolumeChoice =
  | { readonly claim: string; readonly volume: string }
  | { readonly claim: string; readonly selectedNode: string };

/** What a claim means for its pod as the cell stands. */
export type ClaimState = Fault | BoundClaim | UnboundClaim;

/** No node will do. */
export interface Fault {
  readonly type: 'fault';
  readonly message: string;
}

export interface BoundClaim {
  readonly type: 'bound';
  readonly volume: KnownVolume;
  /** The binding is ours, and not done yet. */
  readonly choice?: VolumeChoice | undefined;
}

/** Waits for its pod's node. */
export interface UnboundClaim {
  readonly type: 'unbound';
  readonly claim: string;
  readonly object: PersistentVolumeClaim;
  readonly storageClass: string;
  readonly bytes: number;
  /** Changes with what is free in the class. */
  readonly version: number;
  /** The volume that is kept for it; it takes no other. */
  readonly kept: KnownVolume | undefined;
  /** A volume is being made for it there. */
  readonly selectedNode: string | undefined;
  /** Nodes for which a volume can be made; nothing when none is ever made. */
  readonly provision: Provision | undefined;
}

export interface Provision {
  /** Equal for equal sets of nodes. */
  readonly key: string;
  readonly admits: NodePredicate;
}

/** Volumes of one driver that the pod brings to its node. */
export interface Attachment {
  readonly driver: string;
  /** How many that no pod uses yet. */
  readonly fresh: number;
  /** Claims that other pods use, perhaps on the same node. */
  readonly shared: readonly string[];
}

/** A pod's volumes as the cell stands. Pods with equal keys can go to the same nodes. */
export interface ResolvedVolumes {
  readonly key: string;
  /** For which no node will do. */
  readonly fault?: string;
  /** Of the volumes that are bound. */
  readonly places: readonly VolumePlace[];
  /** Bindings among them that are ours and not done yet. */
  readonly underWay: readonly VolumeChoice[];
  readonly unbound: readonly UnboundClaim[];
  readonly disks: readonly DiskUse[];
  /** Claims that one pod alone may use. */
  readonly exclusive: readonly string[];
  readonly attachments: readonly Attachment[];
}

export const faulty = (message: string): ResolvedVolumes => ({
  key: `! ${message}`,
  fault: message,
  places: [],
  underWay: [],
  unbound: [],
  disks: [],
  exclusive: [],
  attachments: [],
});

/** The text by which pods with equal volumes share a shape; holds no names where another claim would do as well. */
export function keyOf(resolved: Omit<ResolvedVolumes, 'key'>, isUsed: (claim: string) => boolean): string {
  const { places, unbound, disks, exclusive, attachments } = resolved;
  const parts = [
    ...new Set(places.map(({ key }) => key).filter((key) => key !== '')),
    ...unbound.map(keyOfUnbound),
    ...disks.map(({ key, readOnly }) => `${key}${readOnly ? ' ro' : ''}`),
    ...exclusive.map((claim) => `alone ${claim} ${isUsed(claim)}`),
    ...attachments.map(({ driver, fresh, shared }) => `${driver} ${fresh} ${shared}`),
  ];
  return parts.sort().join('\n');
}

function keyOfUnbound({ object, storageClass, version, kept, selectedNode, provision }: UnboundClaim): string {
  const { accessModes, resources, selector, volumeMode, volumeAttributesClassName } = object.spec ?? {};
  const wish = [accessModes, resources?.requests?.storage, selector, volumeMode, volumeAttributesClassName];
  return JSON.stringify([storageClass, version, kept?.name, selectedNode, provision?.key, wish]);
}

export const bytesOfClaim = ({ spec }: PersistentVolumeClaim): number =>
  quantityValue(spec?.resources?.requests?.storage ?? '0');

/** Finds the smallest free volume for a claim on a node, none of `except`. */
export type FindVolume = (claim: UnboundClaim, node: Node, except: ReadonlySet<string>) => KnownVolume | undefined;

/**
 * Gives each claim, smallest first, a volume that the node can reach, and has one made for those for which there is none; nothing
 * when that fails. Never looks back: claims whose wishes overlap in odd ways may be refused though another order would do
 * (Kubernetes does the same).
 */
export function chooseVolumes(
  unbound: readonly UnboundClaim[],
  node: Node,
  find: FindVolume,
): VolumeChoice[] | undefined {
  const taken = new Set<string>();
  const choices: VolumeChoice[] = [];
  const selectedNode = node.metadata?.name ?? '';
  for (const wanting of unbound) {
    const { claim, provision } = wanting;
    const volume = wanting.selectedNode === undefined ? find(wanting, node, taken) : undefined;
    if (volume) {
      taken.add(volume.name);
      choices.push({ claim, volume: volume.name });
    } else if (provision?.admits(node) && (wanting.selectedNode ?? selectedNode) === selectedNode) {
      choices.push({ claim, selectedNode });
    } else return undefined;
  }
  return choices;
}
