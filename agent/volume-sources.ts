import { join } from 'node:path';
import { expand } from './expansion.ts';
import { Missing } from './missing.ts';
import type { Container, Pod, Volume, VolumeMount } from './pod-types.ts';
import { podKey, specOf } from './pod-types.ts';
import type { Mount } from './runtime.ts';

/** Where a volume's content is. */
export type VolumeSource =
  /** A directory of the agent's own, below the pod's directory. */
  | { readonly kind: 'directory'; readonly path: string; readonly readOnly: boolean }
  /** A file or directory of the machine. */
  | { readonly kind: 'host'; readonly path: string; readonly type: string }
  /** A volume of the engine, in memory. */
  | { readonly kind: 'memory'; readonly name: string };

/** The volume's place; throws {@link Missing} for kinds that this agent cannot provide. */
export function volumeSource(volume: Volume, pod: Pod, podDir: string): VolumeSource {
  const { hostPath, emptyDir, configMap, secret, projected, downwardAPI } = volume;
  if (hostPath) return { kind: 'host', path: hostPath.path, type: hostPath.type ?? '' };
  if (emptyDir?.medium === 'Memory') {
    return { kind: 'memory', name: `stowage_${podKey(pod).uid}_${volume.name}` };
  }
  const path = join(podDir, 'volumes', volume.name);
  if (emptyDir) return { kind: 'directory', path, readOnly: false };
  if (configMap || secret || projected || downwardAPI) return { kind: 'directory', path, readOnly: true };
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
  throw new Missing(
    `volume "${volume.name}" is of the kind "${kind}", which this agent does not provide: use emptyDir, hostPath, configMap, secret, projected or downwardAPI`,
  );
}

/** A container's mounts; `variables` serve `subPathExpr`. Throws {@link Missing}. */
export function containerMounts(
  container: Container,
  pod: Pod,
  podDir: string,
  variables: ReadonlyMap<string, string>,
): Mount[] {
  const volumes = new Map((specOf(pod).volumes ?? []).map((volume) => [volume.name, volume]));
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = volumes.get(mount.name);
    if (!volume)
      throw new Missing(`container "${container.name}" mounts a volume "${mount.name}" that the pod does not have`);
    return mountOf(mount, volumeSource(volume, pod, podDir), variables);
  });
}

const PROPAGATION = { None: 'private', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

function mountOf(mount: VolumeMount, source: VolumeSource, variables: ReadonlyMap<string, string>): Mount {
  const subPath = mount.subPathExpr ? expand(mount.subPathExpr, variables) : mount.subPath;
  const target = mount.mountPath;
  if (source.kind === 'memory') {
    if (subPath) throw new Missing(`volume "${mount.name}" is in memory: subPath is not offered there`);
    return { kind: 'volume', source: source.name, target, readOnly: mount.readOnly ?? false };
  }
  if (subPath?.split('/').includes('..')) throw new Missing(`subPath "${subPath}" must not hold ".."`);
  const readOnly = (mount.readOnly ?? false) || (source.kind === 'directory' && source.readOnly);
  const propagation = PROPAGATION[mount.mountPropagation ?? 'None'];
  return { kind: 'bind', source: subPath ? join(source.path, subPath) : source.path, target, readOnly, propagation };
}

/** Volumes of the engine that the pod needs, with their sizes as quantities. */
export function memoryVolumes(pod: Pod, podDir: string): { name: string; sizeLimit: string | undefined }[] {
  return (specOf(pod).volumes ?? []).flatMap((volume) => {
    if (volume.emptyDir?.medium !== 'Memory') return [];
    const source = volumeSource(volume, pod, podDir);
    return source.kind === 'memory' ? [{ name: source.name, sizeLimit: volume.emptyDir.sizeLimit }] : [];
  });
}
