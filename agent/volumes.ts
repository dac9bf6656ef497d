import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quantityValue } from '../api/meta/quantity.ts';
import type { PodFacts } from './environment.ts';
import { type Owner, podLabels } from './labels.ts';
import { Missing } from './missing.ts';
import type { Sources, Volume } from './pod-types.ts';
import { specOf } from './pod-types.ts';
import type { ContainerRuntime, Mount } from './runtime.ts';
import { prepareMessage, readMessage } from './termination-message.ts';
import { type VolumeFile, volumeFiles } from './volume-files.ts';
import { memoryVolumes, volumeSource } from './volume-sources.ts';

export interface VolumeContext extends PodFacts {
  readonly owner: Owner;
  readonly podDir: string;
}

/** What the executor asks of volumes; one object, so that a simulation can bring its own. */
export interface VolumeOperations {
  readonly prepareMemory: typeof prepareMemory;
  readonly prepareVolumes: typeof prepareVolumes;
  readonly prepareMounts: typeof prepareMounts;
  readonly removeVolumes: typeof removeVolumes;
  readonly prepareMessage: typeof prepareMessage;
  readonly readMessage: typeof readMessage;
}

/** Volumes on this machine's disk. */
export const diskVolumes = (): VolumeOperations => ({
  ...{ prepareMemory, prepareVolumes, prepareMounts, removeVolumes },
  ...{ prepareMessage, readMessage },
});

/** Makes the pod's volumes in memory, which must be there before its sandbox. Throws the runtime's errors. */
export async function prepareMemory(context: VolumeContext, runtime: ContainerRuntime): Promise<void> {
  const { pod, podDir, owner } = context;
  for (const { name, sizeLimit } of memoryVolumes(pod, podDir)) {
    await runtime.ensureMemoryVolume(name, sizeLimit ? quantityValue(sizeLimit) : undefined, podLabels(owner, pod));
  }
}

/**
 * Makes what the pod's other volumes need, or brings it up to date. May be called again at any time. Throws {@link Missing}
 * where something the volumes refer to is not there, and the file system's errors.
 */
export async function prepareVolumes(context: VolumeContext, sources: Sources): Promise<void> {
  for (const volume of specOf(context.pod).volumes ?? []) await prepareVolume(volume, context, sources);
}

async function prepareVolume(volume: Volume, context: VolumeContext, sources: Sources): Promise<void> {
  const source = volumeSource(volume, context.pod, context.podDir);
  if (source.kind === 'host') await checkHostPath(volume.name, source.path, source.type);
  if (source.kind !== 'directory') return;
  await mkdir(source.path, { recursive: true });
  if (source.readOnly) await writeFiles(source.path, volumeFiles(volume, context, sources));
  // Whatever user a container runs as may write here (Kubernetes, "emptyDir").
  else await chmod(source.path, 0o777);
}

/** Removes the pod's directory and its memory volumes. What is gone already is fine. */
export async function removeVolumes(context: VolumeContext, runtime: ContainerRuntime): Promise<void> {
  for (const { name } of memoryVolumes(context.pod, context.podDir)) await runtime.removeVolume(name);
  await rm(context.podDir, { recursive: true, force: true });
}

/** Makes the directories that a container's `subPath` mounts name, in the agent's own volumes and on the machine. */
export async function prepareMounts(mounts: readonly Mount[]): Promise<void> {
  for (const { kind, source } of mounts) {
    if (kind !== 'bind') continue;
    const there = await stat(source).catch(() => undefined);
    if (!there) await mkdir(source, { recursive: true });
  }
}

const KINDS = ['File', 'Directory', 'Socket', 'CharDevice', 'BlockDevice'] as const;

/** Checks or makes what `hostPath.type` asks for (Kubernetes, "hostPath volume types"). */
async function checkHostPath(name: string, path: string, type: string): Promise<void> {
  if (type === '') return;
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === 'FileOrCreate') await writeFile(path, '', { flag: 'a', mode: 0o644 });
  const wanted = type.replace('OrCreate', '');
  const found = await stat(path).catch(() => undefined);
  const checks = [
    found?.isFile(),
    found?.isDirectory(),
    found?.isSocket(),
    found?.isCharacterDevice(),
    found?.isBlockDevice(),
  ];
  const kind = KINDS[checks.indexOf(true)];
  if (kind === wanted) return;
  const there = found ? `a ${kind ?? 'thing of another kind'} is there` : 'nothing is there';
  throw new Missing(`hostPath volume "${name}" wants a ${wanted} at ${path}, but ${there}`);
}

/** Name of the link to the files in force; the same as Kubernetes', since programs watch it. */
const DATA_LINK = '..data';

/**
 * Puts files into a directory so that a reader sees all of the old ones or all of the new ones: they are written to a
 * directory of their own, and one rename of a link switches to it. What the user sees are links through that one.
 */
async function writeFiles(dir: string, files: readonly VolumeFile[]): Promise<void> {
  const fresh = await mkdtemp(join(dir, '..files-'));
  await chmod(fresh, 0o755);
  for (const file of files) {
    const path = join(fresh, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
    await chmod(path, file.mode);
  }
  const name = fresh.slice(dir.length + 1);
  const link = join(dir, '..data-next');
  await rm(link, { force: true });
  await symlink(name, link);
  await rename(link, join(dir, DATA_LINK));
  await linkEntries(dir, new Set(files.map((file) => file.path.split('/')[0] ?? '')));
  await sweep(dir, name);
}

async function linkEntries(dir: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of wanted) {
    const path = join(dir, entry);
    const there = await lstat(path).catch(() => undefined);
    if (!there) await symlink(join(DATA_LINK, entry), path);
  }
  for (const entry of await readdir(dir)) {
    if (!entry.startsWith('..') && !wanted.has(entry)) await rm(join(dir, entry), { force: true });
  }
}

/** Removes the files that were in force before. */
async function sweep(dir: string, current: string): Promise<void> {
  for (const entry of await readdir(dir)) {
    if (entry.startsWith('..files-') && entry !== current) await rm(join(dir, entry), { recursive: true, force: true });
  }
}
