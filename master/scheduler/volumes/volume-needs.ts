import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Volume } from '../../../api/core/volume.ts';

/** A claim that a pod uses. */
export interface ClaimUse {
  /** `namespace/name`. */
  readonly key: string;
  readonly name: string;
  /** Made for this pod alone, and removed with it (Kubernetes docs, "Ephemeral Volumes"). */
  readonly ephemeral: boolean;
}

/** A disk named by the pod itself, which most file systems allow one machine to mount once. */
export interface DiskUse {
  /** Disks with equal keys are one. */
  readonly key: string;
  /** May be shared with others that only read. */
  readonly readOnly: boolean;
}

/** What of a pod's volumes bears on where it is placed. Depends on the pod alone. */
export interface VolumeNeeds {
  /** Each claim once. */
  readonly claims: readonly ClaimUse[];
  readonly disks: readonly DiskUse[];
  /** Uid of the pod, by which a claim made for it is known. */
  readonly podUid?: string;
}

export interface PodWithVolumes {
  readonly namespace: string;
  readonly spec: PodSpec;
  /** Needed only by a pod with ephemeral volumes. */
  readonly podName?: string;
  /** Without it, a claim made for a pod of the same name cannot be told from its own. */
  readonly podUid?: string;
}

/** Nothing when none of its volumes has a bearing, as with most pods. */
export function volumeNeedsOf(pod: PodWithVolumes): VolumeNeeds | undefined {
  const { volumes } = pod.spec;
  if (!volumes) return undefined;
  for (const volume of volumes) if (bears(volume)) return needsOf(pod, volumes);
  return undefined;
}

const bears = (volume: Volume) =>
  volume.persistentVolumeClaim !== undefined ||
  volume.ephemeral !== undefined ||
  volume.gcePersistentDisk !== undefined ||
  volume.awsElasticBlockStore !== undefined ||
  volume.iscsi !== undefined ||
  volume.rbd !== undefined;

function needsOf(pod: PodWithVolumes, volumes: readonly Volume[]): VolumeNeeds {
  const claims = new Map<string, ClaimUse>();
  const disks = new Map<string, DiskUse>();
  for (const volume of volumes) {
    const claim = claimOf(pod, volume);
    if (claim && !claims.has(claim.key)) claims.set(claim.key, claim);
    for (const disk of disksOf(volume)) {
      const known = disks.get(disk.key);
      disks.set(disk.key, known ? { ...disk, readOnly: disk.readOnly && known.readOnly } : disk);
    }
  }
  return { claims: [...claims.values()], disks: [...disks.values()], podUid: pod.podUid };
}

function claimOf({ namespace, podName = '' }: PodWithVolumes, volume: Volume): ClaimUse | undefined {
  const named = volume.persistentVolumeClaim?.claimName;
  if (named !== undefined) return { key: `${namespace}/${named}`, name: named, ephemeral: false };
  if (!volume.ephemeral) return undefined;
  const name = `${podName}-${volume.name}`;
  return { key: `${namespace}/${name}`, name, ephemeral: true };
}

/**
 * The disks a volume means, by which two pods may get into each other's way (Kubernetes' VolumeRestrictions). An AWS disk cannot
 * be shared even for reading. A Ceph image is the same when any of the monitors is.
 */
function disksOf({ gcePersistentDisk: gce, awsElasticBlockStore: aws, iscsi, rbd }: Volume): DiskUse[] {
  if (gce) return [{ key: `gce ${gce.pdName}`, readOnly: gce.readOnly ?? false }];
  if (aws) return [{ key: `aws ${aws.volumeID}`, readOnly: false }];
  if (iscsi) return [{ key: `iscsi ${iscsi.iqn}`, readOnly: iscsi.readOnly ?? false }];
  const image = `${rbd?.pool || 'rbd'} ${rbd?.image}`;
  return rbd
    ? rbd.monitors.map((monitor) => ({ key: `rbd ${monitor} ${image}`, readOnly: rbd.readOnly ?? false }))
    : [];
}
