import { systemClock } from '../../platform/clock.ts';
import { removeCellCgroups } from '../cgroups/pod-cgroups.ts';
import type { Labels } from '../runtime.ts';
import { Engine } from './engine.ts';

export interface Removed {
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
}

/** How many containers are removed at once. */
const REMOVALS_AT_ONCE = 8;

/**
 * Removes every container, network and volume that carries all of `labels` from the engine at `host`, and the cell's cgroups here. Rejects with RuntimeError:
 * what was removed before stays removed, and calling it again goes on.
 */
export async function removeCell(host: string | undefined, labels: Labels): Promise<Removed> {
  const engine = new Engine(host, systemClock);
  const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
  const containers = await engine.call('list containers', (docker) => docker.listContainers({ all: true, filters }));
  for (let from = 0; from < containers.length; from += REMOVALS_AT_ONCE) {
    const some = containers.slice(from, from + REMOVALS_AT_ONCE);
    await Promise.all(some.map(({ Id }) => removeContainer(engine, Id)));
  }
  const networks = await engine.call('list networks', (docker) => docker.listNetworks({ filters }));
  for (const { Id, Name } of networks) {
    await engine.call(`remove the network ${Name}`, (docker) => docker.getNetwork(Id).remove());
  }
  const { Volumes: volumes } = await engine.call('list volumes', (docker) => docker.listVolumes({ filters }));
  for (const { Name } of volumes ?? []) {
    await engine.call(`remove the volume ${Name}`, (docker) => docker.getVolume(Name).remove());
  }
  const cellId = labels['stowage.dev/cell'];
  if (cellId !== undefined) removeCellCgroups(cellId);
  return { containers: containers.length, networks: networks.length, volumes: volumes?.length ?? 0 };
}

const removeContainer = (engine: Engine, id: string) =>
  engine.call(`remove container ${id.slice(0, 12)}`, (docker) =>
    docker
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch((error: { statusCode?: number }) => {
        // Gone already, or another removal is under way.
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      }),
  );
