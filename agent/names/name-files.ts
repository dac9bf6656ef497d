import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Container, type Pod, specOf } from '../pod-types.ts';
import type { Mount } from '../runtime.ts';
import { hasOwnHosts, hostsText } from './hosts-file.ts';
import { DEFAULT_NAME_OPTIONS, type NameOptions } from './name-options.ts';
import { hasOwnResolver, omissions, parseResolver, resolverOf, resolverText } from './resolver.ts';

/** What the files of a pod's names depend on. */
export interface NamePlace {
  readonly pod: Pod;
  readonly podDir: string;
  /** Known once the sandbox runs. */
  readonly podIp: string | undefined;
  /** Default: a cell without name servers of its own. */
  readonly names?: NameOptions;
}

const HOSTS = '/etc/hosts';
const RESOLVER = '/etc/resolv.conf';

const hostsFile = (podDir: string): string => join(podDir, 'etc', 'hosts');
const resolverFile = (podDir: string): string => join(podDir, 'etc', 'resolv.conf');

/** One file of each kind for all containers of the pod; a container that mounts something else there has its way. Pure. */
export function nameMounts(container: Container, { pod, podDir, names = DEFAULT_NAME_OPTIONS }: NamePlace): Mount[] {
  const taken = new Set(container.volumeMounts?.map(({ mountPath }) => mountPath));
  const mount = (source: string, target: string): Mount => ({ kind: 'bind', source, target, readOnly: false });
  return [
    ...(hasOwnHosts(pod) ? [mount(hostsFile(podDir), HOSTS)] : []),
    ...(hasOwnResolver(pod, names) ? [mount(resolverFile(podDir), RESOLVER)] : []),
  ].filter(({ target }) => !taken.has(target));
}

/**
 * Makes the files that {@link nameMounts} mounts, or brings them up to date. May be called again at any time. `tell` hears what of the
 * pod's settings is left out, whenever that is news.
 */
export async function prepareNames(
  { pod, podDir, podIp, names = DEFAULT_NAME_OPTIONS }: NamePlace,
  tell: (omission: string) => void,
): Promise<void> {
  if (hasOwnHosts(pod)) {
    const machine = specOf(pod).hostNetwork ? await textOf(HOSTS) : '';
    await put(hostsFile(podDir), hostsText(pod, podIp, names.clusterDomain, machine));
  }
  if (hasOwnResolver(pod, names)) {
    const machine = parseResolver(await textOf(RESOLVER));
    const isNew = await put(resolverFile(podDir), resolverText(resolverOf(pod, names, machine)));
    if (isNew) omissions(pod, names, machine).forEach(tell);
  }
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** In place: containers that run have the file itself mounted, and would not see another under its name. Returns whether it is news. */
async function put(path: string, text: string): Promise<boolean> {
  if ((await textOf(path)) === text) return false;
  await mkdir(join(path, '..'), { recursive: true, mode: 0o755 });
  await writeFile(path, text, { mode: 0o644 });
  return true;
}
