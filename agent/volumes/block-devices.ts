import { stat } from 'node:fs/promises';
import { Missing } from '../missing.ts';
import type { Container, Sources } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import type { BlockDevice } from '../runtime.ts';
import { type PlaceContext, placeOf } from './place.ts';

/**
 * The disks that a container is given as they are (Kubernetes, "Persistent Volumes", "Raw Block Volume Support"). Pure. Throws
 * {@link Missing}.
 */
export function blockDevices(container: Container, context: PlaceContext, sources: Sources): BlockDevice[] {
  const volumes = new Map((specOf(context.pod).volumes ?? []).map((volume) => [volume.name, volume]));
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.get(name);
    if (!volume)
      throw new Missing(`container "${container.name}" names a device "${name}" that is no volume of the pod`);
    const { place, readOnly } = placeOf(volume, context, sources);
    if (place.kind === 'device') return { path: place.path, target: devicePath, readOnly };
    throw new Missing(
      `volume "${name}" holds files and is no block device: name it in volumeMounts, or let its claim ask for the volumeMode Block`,
    );
  });
}

/** Throws {@link Missing} where there is no disk: the engine would be content with any device. */
export async function checkDevice(path: string, volume: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isBlockDevice()) return;
  const there = found ? 'something else is there' : 'nothing is there';
  throw new Missing(`persistentvolume "${volume}" (local, Block) wants a block device at ${path}, but ${there}`);
}
