import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { agentAddress, type Role, type Scraper } from './scraper.ts';
import { NAMESPACE } from './shop.ts';

/** What each role of the discovery finds, and how it follows what changes. */
export function targets(cellOf: () => TestCell, scraperOf: () => Scraper): void {
  const kubectl = (...args: string[]) => cellOf().kubectl.run([...args, '-n', NAMESPACE]);
  const podsNow = async () => {
    const { items } = await cellOf().kubectl.json<{ items: Pod[] }>(['get', 'pods', '-n', NAMESPACE, '-l', 'app=web']);
    const there = items.filter(({ metadata, status }) => !metadata?.deletionTimestamp && status?.podIP);
    return there.sort((a, b) => (a.metadata!.name! < b.metadata!.name! ? -1 : 1));
  };
  const addresses = async () => (await podsNow()).map(({ status }) => `${status?.podIP}:8080`).sort();
  /** What is known of the targets of a role, by address, once there are that many. */
  const found = (role: Role, count: number) =>
    eventually(`${count} targets of role ${role}`, async () => {
      const all = (await scraperOf().targets(role)).map(({ discoveredLabels }) => discoveredLabels);
      if (all.length !== count) throw new Error(`there are ${all.length}: ${scraperOf().complaints.slice(-500)}`);
      return all.sort((a, b) => (a.__address__! < b.__address__! ? -1 : 1));
    });
  const meta = (labels: Record<string, string>) =>
    expect.objectContaining(
      Object.fromEntries(Object.entries(labels).map(([key, value]) => [`__meta_kubernetes_${key}`, value])),
    );

  test('pod', async () => {
    const pods = await found('pod', 2);
    expect(pods.map(({ __address__ }) => __address__)).toEqual(await addresses());
    const [{ metadata, status } = {}] = (await podsNow()).filter(
      ({ metadata: { name } = {} }) => name === pods[0]?.__meta_kubernetes_pod_name,
    );
    expect(pods[0]).toEqual(
      meta({
        namespace: NAMESPACE,
        pod_name: metadata!.name!,
        pod_uid: metadata!.uid!,
        pod_ip: status!.podIP!,
        pod_host_ip: status!.hostIP!,
        pod_node_name: 'n1',
        pod_ready: 'true',
        pod_phase: 'Running',
        pod_controller_kind: 'ReplicaSet',
        pod_controller_name: metadata!.ownerReferences![0]!.name,
        pod_label_app: 'web',
        pod_container_name: 'main',
        pod_container_port_name: 'http',
        pod_container_port_number: '8080',
        pod_container_port_protocol: 'TCP',
      }),
    );
  });

  test('service', async () => {
    const [service] = await found('service', 1);
    expect(service?.__address__).toBe(`web.${NAMESPACE}.svc:80`);
    expect(service).toEqual(
      meta({
        namespace: NAMESPACE,
        service_name: 'web',
        service_label_tier: 'front',
        service_port_name: 'main',
        service_port_protocol: 'TCP',
      }),
    );
  });

  test.each(['endpoints', 'endpointslice'] as const)('%s', async (role) => {
    const [first, ...others] = await found(role, 2);
    expect([first, ...others].map((labels) => labels?.__address__)).toEqual(await addresses());
    const both = { namespace: NAMESPACE, service_name: 'web', service_label_tier: 'front', pod_ready: 'true' };
    expect(first).toEqual(meta({ ...both, pod_node_name: 'n1', pod_label_app: 'web' }));
    const own: Record<string, string> =
      role === 'endpoints'
        ? { endpoints_name: 'web', endpoint_ready: 'true', endpoint_port_name: 'main', endpoint_node_name: 'n1' }
        : { endpointslice_port_name: 'main', endpointslice_port: '8080', endpointslice_address_type: 'IPv4' };
    const target = role === 'endpoints' ? 'endpoint_address_target' : 'endpointslice_address_target';
    expect(first).toEqual(meta({ ...own, [`${target}_kind`]: 'Pod' }));
    expect((await podsNow()).map(({ metadata }) => metadata?.name)).toContain(
      first?.[`__meta_kubernetes_${target}_name`],
    );
  });

  test('node', async () => {
    const [node] = await found('node', 1);
    expect(node?.__address__).toBe(await agentAddress(cellOf()));
    expect(node).toEqual(
      meta({ node_name: 'n1', node_label_kubernetes_io_hostname: 'n1', node_label_kubernetes_io_os: 'linux' }),
    );
  });

  test('ingress', async () => {
    const [ingress] = await found('ingress', 1);
    expect(ingress?.__address__).toBe('shop.example');
    expect(ingress).toEqual(
      meta({ namespace: NAMESPACE, ingress_name: 'door', ingress_path: '/cart', ingress_scheme: 'http' }),
    );
  });

  test('what comes and goes is followed, also across a restart of the master', async () => {
    const everywhere = async (count: number) => {
      for (const role of ['pod', 'endpoints', 'endpointslice'] as const) await found(role, count);
    };
    await kubectl('scale', 'deployment/web', '--replicas=3');
    await everywhere(3);
    await cellOf().master?.end();
    await cellOf().startMaster();
    await kubectl('scale', 'deployment/web', '--replicas=1');
    await everywhere(1);
    await kubectl('scale', 'deployment/web', '--replicas=2');
    await everywhere(2);
    expect((await found('endpointslice', 2)).map(({ __address__ }) => __address__)).toEqual(await addresses());
  });
}
