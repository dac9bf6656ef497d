import { expand } from '../expansion.ts';
import { Missing } from '../missing.ts';
import type { Container, Sources, VolumeMount } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import type { Mount } from '../runtime.ts';
import { type PlaceContext, type Placed, placeOf } from './place.ts';

/**
 * A container's mounts; `variables` serve `subPathExpr`. Those with a `subPath` are to be resolved before the container is made
 * (mount-sources.ts). Pure. Throws {@link Missing}.
 */
export function containerMounts(
  container: Container,
  context: PlaceContext,
  sources: Sources,
  variables: ReadonlyMap<string, string>,
): Mount[] {
  const volumes = new Map((specOf(context.pod).volumes ?? []).map((volume) => [volume.name, volume]));
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = volumes.get(mount.name);
    if (!volume)
      throw new Missing(`container "${container.name}" mounts a volume "${mount.name}" that the pod does not have`);
    return mountOf(mount, placeOf(volume, context, sources), subPathOf(mount, variables));
  });
}

function subPathOf({ subPath, subPathExpr }: VolumeMount, variables: ReadonlyMap<string, string>): string | undefined {
  const path = subPathExpr ? expand(subPathExpr, variables) : subPath;
  if (!path) return undefined;
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw new Missing(`subPath "${path}" must be relative and must not hold "..": it names a part of its volume`);
  }
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  return steps.length > 0 ? steps.join('/') : undefined;
}

const PROPAGATION = { None: 'private', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;
const RECURSIVE = { Disabled: 'no', IfPossible: 'if-possible', Enabled: 'yes' } as const;

function mountOf(mount: VolumeMount, { place, readOnly: never }: Placed, subPath: string | undefined): Mount {
  const part = subPath === undefined ? {} : { subPath };
  const common = { target: mount.mountPath, readOnly: never || (mount.readOnly ?? false), ...part };
  if (place.kind === 'device') {
    throw new Missing(`volume "${mount.name}" is a block device and holds no files: name it in volumeDevices`);
  }
  if (place.kind === 'engine') return { kind: 'volume', source: place.name, ...common };
  const recursive = RECURSIVE[(mount.recursiveReadOnly ?? 'Disabled') as keyof typeof RECURSIVE] ?? 'no';
  return {
    kind: 'bind',
    source: place.path,
    ...common,
    propagation: PROPAGATION[mount.mountPropagation ?? 'None'],
    ...(recursive !== 'no' && { recursiveReadOnly: recursive }),
  };
}
