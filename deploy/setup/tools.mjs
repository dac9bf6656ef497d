import { findEngine } from './engine.mjs';
import { findKubectl } from './kubectl.mjs';
import { isRoot, succeeds, which } from './run.mjs';

/**
 * The real programs that tests run against; each is a path, or undefined where it is missing. `dockerHost` is an engine that
 * answers; `dockerd` the program to start a private one with; `engine` is set when either will do.
 */
export async function locateTools() {
  const { host, fault } = await findEngine();
  const dockerHost = fault ? undefined : host;
  const dockerd = isRoot() && !process.env.DOCKER_HOST ? which('dockerd') : undefined;
  return {
    dockerHost,
    dockerd,
    engine: dockerHost ?? dockerd,
    etcd: which('etcd'),
    prometheus: which('prometheus'),
    victoriaMetrics: which('victoria-metrics'),
    nft: which('nft'),
    busybox: dynamicBusybox(),
    ...findKubectl(),
  };
}

/** A static BusyBox crashes when it looks up names. */
function dynamicBusybox() {
  const path = which('busybox');
  return path && succeeds('ldd', [path]) ? path : undefined;
}
