import type Docker from 'dockerode';
import { type Labels, type NetworkSpec, RuntimeError } from '../runtime.ts';
import { ignore, statusOf } from './answers.ts';
import type { Engine } from './engine.ts';

/** See {@link ContainerRuntime.ensureNetwork}. */
export async function ensureNetwork(engine: Engine, name: string, labels: Labels, spec?: NetworkSpec): Promise<void> {
  await engine.call(`make the network ${name}`, async (docker) => {
    const found = await networksNamed(docker, name);
    const misfit = spec && found.find((network) => subnetOf(network) !== spec.subnet);
    if (misfit) await removeMisfit(docker, misfit, spec);
    else if (found.length === 1) return;
    if (found.length === 0 || misfit) {
      const how = { Driver: 'bridge', CheckDuplicate: true, Labels: { ...labels }, ...(spec && settled(spec)) };
      await docker.createNetwork({ Name: name, ...how }).catch(ignore(409));
    }
    await keepOldest(docker, name);
  });
}

const subnetOf = ({ IPAM }: Docker.NetworkInspectInfo): string | undefined => IPAM?.Config?.[0]?.Subnet;

async function removeMisfit(docker: Docker, misfit: Docker.NetworkInspectInfo, { subnet }: NetworkSpec): Promise<void> {
  await docker
    .getNetwork(misfit.Id)
    .remove()
    .catch((error) => {
      if (statusOf(error) !== 403) throw error;
      throw new RuntimeError(
        'conflict',
        `the network ${misfit.Name} has the addresses ${subnetOf(misfit)}, but this node's pods are to have ${subnet}, and containers are still attached: drain the node, or remove them`,
        error,
      );
    });
}

/** Engines from 28 on drop what comes straight to a container's address from outside its bridge, unless they are told not to. */
const settled = ({ bridge, subnet, gateway, mtu }: NetworkSpec): Partial<Docker.NetworkCreateOptions> => ({
  IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] },
  Options: {
    'com.docker.network.bridge.name': bridge,
    'com.docker.network.bridge.enable_ip_masquerade': 'false',
    'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected',
    'com.docker.network.driver.mtu': String(mtu),
  },
});

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
