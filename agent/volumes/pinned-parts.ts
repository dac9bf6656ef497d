import { execFile } from 'node:child_process';
import { mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Missing } from '../missing.ts';
import { mountPoints, removeTree } from './remove-tree.ts';
import type { Part } from './sub-path.ts';

const run = promisify(execFile);

/**
 * Parts of volumes for the engine to mount: each is mounted at a place of the agent's own, which nobody else can change, by what is
 * held open and not by its name. So whatever a pod does to its volume before its container starts, the part that was found is what
 * it gets.
 */
async function partsDir(podDir: string): Promise<string> {
  return join(await realpath(podDir).catch(() => podDir), 'parts');
}

/** Pins a part and gives its place. What was pinned there for an earlier attempt is let go; containers keep what they have. */
export async function pinPart(part: Part, podDir: string, container: string, index: number): Promise<string> {
  const place = join(await partsDir(podDir), container, `${index}`);
  await release(place);
  const left = await removeTree(place);
  if (left.length > 0)
    throw new Missing(`cannot mount the part "${part.path}" of a volume: ${place} is mounted already`);
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  if (part.directory) await mkdir(place);
  else await writeFile(place, '');
  // By what is open: mount would else look the name up, and mount what has it now. A slave: what is unmounted here, or below, must
  // not be unmounted where the volume has it.
  const words = ['--no-canonicalize', '--bind', '--make-rslave', `/proc/${process.pid}/fd/${part.fd}`, place];
  await run('mount', words).catch((error: Error) => {
    throw new Missing(`cannot mount the part "${part.path}" of a volume: ${error.message.trim()}`);
  });
  return place;
}

/** Lets go of all that was pinned for a pod. */
export async function releaseParts(podDir: string): Promise<void> {
  const dir = await partsDir(podDir);
  // Most pods have none, and mounts are many.
  if (await stat(dir).catch(() => undefined)) await release(dir);
}

/**
 * After a reboot nothing is mounted at the places any more. A container that was made before and not started must not find an empty
 * directory there: without the place it cannot start, and another is made.
 */
export async function forgetLostParts(podDir: string): Promise<void> {
  await removeTree(await partsDir(podDir));
}

/** Lets go of all that an agent has pinned; `podsDir` holds the directories of its pods. */
export async function releaseAllParts(podsDir: string): Promise<void> {
  for (const uid of await readdir(podsDir).catch(() => [])) await releaseParts(join(podsDir, uid));
}

/**
 * Unmounts what is mounted at a place or below it. Lazily: a container that starts at this moment keeps it until it has its own.
 * Whoever removes the place afterwards looks first whether it is still mounted.
 */
async function release(place: string): Promise<void> {
  const mounted = (await mountPoints()).filter((path) => path === place || path.startsWith(`${place}/`));
  const tops = mounted.filter((path) => !mounted.some((other) => path.startsWith(`${other}/`)));
  for (const path of new Set(tops)) await unmount(path).catch(() => {});
}

async function unmount(path: string): Promise<void> {
  // Should the agent have ended before it had said so: nothing that is unmounted here is to be unmounted elsewhere.
  await run('mount', ['--no-canonicalize', '--make-rprivate', path]);
  await run('umount', ['--no-canonicalize', '--lazy', path]);
}
