import type Docker from 'dockerode';
import { type Mount, RuntimeError, type VolumeSpec } from '../runtime.ts';

/** Version of the API from which on Docker is told whether read-only is meant for what lies below. */
const RECURSIVE = '1.44';

/** Options of Docker's driver `local`, which are those of mount(2). */
export function volumeOptions(spec: VolumeSpec): Record<string, string> {
  if (spec.kind === 'disk') return {};
  if (spec.kind === 'nfs') {
    const { server, path, options } = spec;
    return { type: 'nfs', device: `:${path}`, o: [`addr=${server}`, ...options].join(',') };
  }
  const { sizeBytes, group } = spec;
  const mode = group === undefined ? ['mode=0777'] : ['mode=2777', `gid=${group}`];
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
  return { type: 'tmpfs', device: 'tmpfs', o: [...mode, ...size].join(',') };
}

/** dockerode's types are older than what an engine may be asked for. */
interface BindOptions {
  readonly Propagation?: string;
  readonly ReadOnlyNonRecursive?: boolean;
  readonly ReadOnlyForceRecursive?: boolean;
}

export function mountConfig(mount: Mount): Docker.MountSettings {
  const { source: Source, target: Target, readOnly: ReadOnly } = mount;
  if (mount.kind === 'volume') {
    // What the image holds at the mount point must not leak into the volume.
    const VolumeOptions = { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } };
    return { Type: 'volume', Source, Target, ReadOnly, VolumeOptions };
  }
  const options = bindOptions(mount);
  const BindOptions = Object.keys(options).length > 0 ? (options as Docker.MountSettings['BindOptions']) : undefined;
  return { Type: 'bind', Source, Target, ReadOnly, BindOptions };
}

function bindOptions({ propagation, readOnly, recursiveReadOnly = 'no' }: Mount): BindOptions {
  if (readOnly && recursiveReadOnly === 'yes') return { ReadOnlyForceRecursive: true, Propagation: 'rprivate' };
  return {
    // `private` is what the engine does unasked; asked for it, it refuses a directory that holds its own, such as the machine's
    // root.
    ...(propagation && propagation !== 'private' && { Propagation: propagation }),
    ...(readOnly && recursiveReadOnly === 'no' && { ReadOnlyNonRecursive: true }),
  };
}

/** The version of the API that the mounts need; undefined: any. Throws `invalid` where the engine does not speak it. */
export function neededVersion(mounts: readonly Mount[], speaks: (version: string) => boolean): string | undefined {
  const asked = mounts.filter(({ readOnly, kind }) => readOnly && kind === 'bind');
  if (asked.length > 0 && speaks(RECURSIVE)) return RECURSIVE;
  const forced = asked.find(({ recursiveReadOnly }) => recursiveReadOnly === 'yes');
  if (!forced) return undefined;
  const message = `cannot mount ${forced.target} read-only with all below it (recursiveReadOnly): the engine must speak API ${RECURSIVE} (Docker 25) or newer`;
  throw new RuntimeError('invalid', message);
}

/** The same client, asking in another version of the API. */
export function withVersion(docker: Docker, version: string | undefined): Docker {
  if (version === undefined) return docker;
  const { modem } = docker;
  const newer = Object.create(docker) as Docker;
  return Object.assign(newer, { modem: Object.assign(Object.create(modem), { version: `v${version}` }) });
}
