import { defaultPullPolicy } from './image.ts';
import type { Volume } from './volume.ts';

/** 0644, the permission bits of files made from objects. */
const FILE_MODE = 0o644;
const TOKEN_LIFE_SECONDS = 3600;

type WithItems = { items?: { fieldRef?: { apiVersion?: string } }[] };

function defaultFieldVersions(source: WithItems | undefined): void {
  for (const item of source?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1';
}

function setProjectedDefaults(projected: NonNullable<Volume['projected']>): void {
  projected.defaultMode ??= FILE_MODE;
  for (const source of projected.sources ?? []) {
    defaultFieldVersions(source.downwardAPI);
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_LIFE_SECONDS;
  }
}

/** Settings of storage systems that Kubernetes has always filled in, in volumes of pods and of the cell alike. */
export function setNetworkDefaults(volume: Pick<Volume, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>): void {
  const { iscsi, rbd, azureDisk, scaleIO } = volume;
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}

/** Defaults of a volume; one that names no source is an empty directory. */
export function setVolumeDefaults(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume.emptyDir = {};
  const { secret, configMap, downwardAPI, projected, hostPath, image, ephemeral } = volume;
  for (const source of [secret, configMap, downwardAPI]) if (source) source.defaultMode ??= FILE_MODE;
  defaultFieldVersions(downwardAPI);
  if (projected) setProjectedDefaults(projected);
  if (hostPath) hostPath.type ??= '';
  if (image) image.pullPolicy ||= defaultPullPolicy(image.reference);
  if (ephemeral?.volumeClaimTemplate?.spec) ephemeral.volumeClaimTemplate.spec.volumeMode ||= 'Filesystem';
  setNetworkDefaults(volume);
}
