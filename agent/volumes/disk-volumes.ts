import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { podLabels } from '../labels.ts';
import { Missing } from '../missing.ts';
import { prepareNames } from '../names/name-files.ts';
import { type Pod, type Sources, specOf, type Volume } from '../pod-types.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { prepareMessage, readMessage } from '../termination-message.ts';
import { checkDevice } from './block-devices.ts';
import type { VolumeContext } from './context.ts';
import { checkHostPath } from './host-path.ts';
import { prepareMounts } from './mount-sources.ts';
import { type Group, giveToGroup } from './ownership.ts';
import { releaseParts } from './pinned-parts.ts';
import { type Placed, placeOf, type VolumePlace } from './place.ts';
import { removeTree } from './remove-tree.ts';
import { showFiles } from './shown-files.ts';
import { volumeFiles } from './volume-files.ts';

/** What the executor asks of volumes; one object, so that a simulation can bring its own. */
export interface VolumeOperations {
  readonly prepareHeld: typeof prepareHeld;
  readonly prepareVolumes: typeof prepareVolumes;
  readonly prepareMounts: typeof prepareMounts;
  readonly removeVolumes: typeof removeVolumes;
  readonly prepareNames: typeof prepareNames;
  readonly prepareMessage: typeof prepareMessage;
  readonly readMessage: typeof readMessage;
}

/** Volumes on this machine's disk and in its engine. */
export const diskVolumes = (): VolumeOperations => ({
  ...{ prepareHeld, prepareVolumes, prepareMounts, removeVolumes },
  ...{ prepareNames, prepareMessage, readMessage },
});

/**
 * Makes the volumes of the engine that live as long as the pod, and gives their names: the sandbox is to hold them, so that what is
 * in memory lasts, and a server that cannot be reached is told before any container starts. Those that are not known yet are left
 * out: {@link prepareVolumes} says why. Throws the runtime's errors.
 */
export async function prepareHeld(
  context: VolumeContext,
  sources: Sources,
  runtime: ContainerRuntime,
): Promise<string[]> {
  const held: string[] = [];
  for (const volume of specOf(context.pod).volumes ?? []) {
    const place = known(volume, context, sources)?.place;
    if (place?.kind !== 'engine' || !place.made) continue;
    await runtime.ensureVolume(place.name, place.made, podLabels(context.owner, context.pod));
    held.push(place.name);
  }
  return held;
}

function known(volume: Volume, context: VolumeContext, sources: Sources): Placed | undefined {
  try {
    return placeOf(volume, context, sources);
  } catch (error) {
    if (error instanceof Missing) return undefined;
    throw error;
  }
}

/**
 * Makes what the pod's other volumes need, or brings it up to date. May be called again at any time. Gives what could not be done
 * and does not keep the pod from running, for people. Throws {@link Missing} where something the volumes refer to is not there, and
 * the file system's errors.
 */
export async function prepareVolumes(context: VolumeContext, sources: Sources): Promise<string[]> {
  const faults: string[] = [];
  for (const volume of specOf(context.pod).volumes ?? []) {
    const { place } = placeOf(volume, context, sources);
    const fault = await prepare(volume, place, context, sources);
    if (fault !== undefined) faults.push(`volume "${volume.name}": ${fault}`);
  }
  return faults;
}

async function prepare(
  volume: Volume,
  place: VolumePlace,
  context: VolumeContext,
  sources: Sources,
): Promise<string | undefined> {
  const group = groupOf(context.pod);
  if (place.kind === 'host') await checkHostPath(volume.name, place.path, place.type, place.open);
  if (place.kind === 'device') await checkDevice(place.path, place.volume);
  if (place.kind === 'local') return await prepareLocal(volume.name, place, group, context.podDir);
  if (place.kind !== 'own') return undefined;
  await mkdir(place.path, { recursive: true });
  if (!place.shown) return await openToAll(place.path, group);
  return await showFiles(place.path, volumeFiles(volume, context, sources), group);
}

/** Kubernetes, "Pod Security Context": `fsGroup` and `fsGroupChangePolicy`. */
function groupOf(pod: Pod): Group | undefined {
  const { fsGroup, fsGroupChangePolicy } = specOf(pod).securityContext ?? {};
  return fsGroup === undefined ? undefined : { gid: fsGroup, onRootMismatch: fsGroupChangePolicy === 'OnRootMismatch' };
}

/** Whatever user a container runs as may write here (Kubernetes, "emptyDir"); of what is in it, nothing is changed. */
async function openToAll(path: string, group: Group | undefined): Promise<string | undefined> {
  if (group) {
    const given = await chown(path, (await stat(path)).uid, group.gid).catch((error: NodeJS.ErrnoException) => error);
    if (given) return `cannot give it to the group ${group.gid} (fsGroup): ${given.code}`;
  }
  await chmod(path, group ? 0o2777 : 0o777);
  return undefined;
}

/** Its files are given to the pod's group once in the pod's life: who writes there later knows what he does. */
async function prepareLocal(
  name: string,
  { path, volume }: Extract<VolumePlace, { kind: 'local' }>,
  group: Group | undefined,
  podDir: string,
): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    const there = found ? 'something else is there' : 'nothing is there';
    throw new Missing(`persistentvolume "${volume}" (local) wants a directory at ${path}, but ${there}`);
  }
  const mark = join(podDir, 'given', name);
  if (!group || (await stat(mark).catch(() => undefined))) return undefined;
  const fault = await giveToGroup(path, group, false);
  await mkdir(join(podDir, 'given'), { recursive: true });
  await writeFile(mark, '');
  return fault;
}

/**
 * Removes the pod's directory and the engine's volumes that were made for it. What is gone already is fine. Gives the paths of
 * mounts that somebody else has made in it: they are left alone. Throws the runtime's errors.
 */
export async function removeVolumes(context: VolumeContext, runtime: ContainerRuntime): Promise<string[]> {
  const { pod, owner, podDir } = context;
  await releaseParts(podDir);
  if (mayHaveEngineVolumes(pod)) {
    for (const { name } of await runtime.volumes(podLabels(owner, pod))) await runtime.removeVolume(name);
  }
  return await removeTree(podDir);
}

/** Most pods have none, and the engine need not be asked. Of a pod that is known by its containers only nothing can be told. */
function mayHaveEngineVolumes(pod: Pod): boolean {
  const { volumes = [], containers } = specOf(pod);
  return (
    containers.length === 0 ||
    volumes.some(
      ({ emptyDir, nfs, persistentVolumeClaim, ephemeral }) =>
        emptyDir?.medium || nfs || persistentVolumeClaim || ephemeral,
    )
  );
}
