import type Docker from 'dockerode';
import { type Labels, RuntimeError } from '../runtime.ts';
import { ignore, statusOf } from './answers.ts';
import type { Engine } from './engine.ts';

/** See {@link ContainerRuntime.ensureNetwork}. */
export async function ensureNetwork(engine: Engine, name: string, labels: Labels): Promise<void> {
  await engine.call(`make the network ${name}`, async (docker) => {
    const found = await networksNamed(docker, name);
    if (found.length === 1) return;
    if (found.length === 0) {
      await docker
        .createNetwork({ Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: { ...labels } })
        .catch(ignore(409));
    }
    await keepOldest(docker, name);
  });
}

/** See {@link ContainerRuntime.removeNetwork}. */
export async function removeNetwork(engine: Engine, name: string): Promise<void> {
  await engine.call(`remove the network ${name}`, (docker) =>
    docker
      .getNetwork(name)
      .remove()
      .catch((error) => {
        if (statusOf(error) === 404) return;
        // Engines answer 403 where containers are still attached.
        if (statusOf(error) === 403) throw new RuntimeError('conflict', `network ${name} is in use`, error);
        throw error;
      }),
  );
}

/**
 * The engine checks for duplicates at best effort: two who ask at the same time may both get a network, and its name is then
 * ambiguous for everybody, also in an inspection. All keep the oldest, so whoever sees more takes the others away, his own and those
 * of somebody who ended before he could; one that has containers stays.
 */
async function keepOldest(docker: Docker, name: string): Promise<void> {
  const [, ...younger] = await networksNamed(docker, name);
  const removals = younger.map(({ Id }) =>
    docker
      .getNetwork(Id)
      .remove()
      .catch(ignore(403, 404, 409)),
  );
  await Promise.all(removals);
}

/** Oldest first. */
async function networksNamed(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo[]> {
  // The engine's filter finds parts of names too.
  const listed = await docker.listNetworks({ filters: { name: [name] } });
  return listed
    .filter((network) => network.Name === name)
    .sort((a, b) => (a.Created === b.Created ? (a.Id < b.Id ? -1 : 1) : a.Created < b.Created ? -1 : 1));
}
