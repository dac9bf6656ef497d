import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Missing } from '../missing.ts';
import type { ContainerRuntime, Mount } from '../runtime.ts';
import { pinPart } from './pinned-parts.ts';
import { withPart } from './sub-path.ts';

/** The container whose mounts are made. */
export interface MountContext {
  readonly podDir: string;
  readonly container: string;
}

/**
 * Makes what a container's mounts need, and turns each that has a `subPath` into one of a path that holds this part and nothing
 * else. Throws {@link Missing} and the runtime's errors.
 */
export async function prepareMounts(
  mounts: readonly Mount[],
  context: MountContext,
  runtime: ContainerRuntime,
): Promise<Mount[]> {
  const prepared: Mount[] = [];
  for (const [index, mount] of mounts.entries()) {
    if (mount.kind === 'bind') await ensurePath(mount.source);
    const { subPath, ...whole } = mount;
    if (subPath === undefined) prepared.push(mount);
    else prepared.push({ ...whole, kind: 'bind', source: await partOf(mount, subPath, index, context, runtime) });
  }
  return prepared;
}

/** A host path of no type is made where there is nothing. */
async function ensurePath(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there) await mkdir(path, { recursive: true });
}

/**
 * An agent that is not root can pin nothing: it names the part's path as it was found, without links. Between that and the start,
 * whoever writes to the volume could put a link there.
 */
async function partOf(mount: Mount, subPath: string, index: number, context: MountContext, runtime: ContainerRuntime) {
  const root = mount.kind === 'bind' ? mount.source : await contentOf(mount.source, subPath, runtime);
  return await withPart(root, subPath, async (part) =>
    process.getuid?.() === 0 ? await pinPart(part, context.podDir, context.container, index) : join(root, part.path),
  );
}

/** Where the content of an engine's volume is seen, which the sandbox holds if it needs to be held. */
async function contentOf(name: string, subPath: string, runtime: ContainerRuntime): Promise<string> {
  let path = await runtime.volumePath(name);
  if (path === undefined) {
    await runtime.ensureVolume(name, { kind: 'disk' }, {});
    path = await runtime.volumePath(name);
  }
  if (path && (await stat(path).catch(() => undefined))) return path;
  throw new Missing(
    `cannot mount subPath "${subPath}": the agent does not see the engine's volume ${name} (${path ?? 'it is gone'}); it must run as root on the engine's machine`,
  );
}
