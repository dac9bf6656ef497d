import { expect, test } from 'vitest';
import { type Lease, leases } from '../../../api/coordination/lease.ts';
import { MASTER_LEASE_LABEL, MASTER_URL, masterLeaseName } from '../../../api/coordination/master-leases.ts';
import { endpoints } from '../../../api/core/endpoints.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { services } from '../../../api/core/service.ts';
import { endpointSlices } from '../../../api/discovery/endpoint-slice.ts';
import { parseIpv4Range } from '../../../api/networking/ipv4.ts';
import { microTimestamp } from '../../../platform/clock.ts';
import { World } from '../kit/world.suite.ts';
import { kubernetesServiceController } from './controller.ts';
import { endOf, slicesOf } from './desired.ts';

const network = {
  ...{ mode: 'vxlan' as const, podCidr: parseIpv4Range('10.128.0.0/12')!, nodeCidrBits: 24, loadBalancerPool: [] },
  ...{ serviceCidr: parseIpv4Range('10.144.0.0/16')!, nodePorts: { first: 1, last: 2 } },
};
const master = (id: string, url: string, renewMs: number): Lease => ({
  metadata: {
    ...{ namespace: 'kube-system', name: masterLeaseName(id), labels: MASTER_LEASE_LABEL },
    annotations: { [MASTER_URL]: url },
  },
  spec: { renewTime: microTimestamp(renewMs) },
});

function world() {
  const made = new World([kubernetesServiceController(network)]);
  made.create(namespaces, { metadata: { name: 'default' } });
  made.create(namespaces, { metadata: { name: 'kube-system' } });
  return made;
}

const addressesIn = (made: World) =>
  made.list(endpointSlices).flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses));

test('the service has the first address, and the masters that are there behind it', () => {
  const made = world();
  // Its clock is an hour behind.
  made.create(leases, master('a', 'https://192.0.2.1:6443', 1));
  made.create(leases, master('b', 'https://192.0.2.2:6443', 1));
  made.settle();
  expect(made.get(services, 'default', 'kubernetes')?.spec?.clusterIP).toBe('10.144.0.1');
  expect(addressesIn(made)).toEqual(['192.0.2.1', '192.0.2.2']);
  const subsets = made.get(endpoints, 'default', 'kubernetes')?.subsets;
  expect(subsets).toMatchObject([{ addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ports: [{ port: 6443 }] }]);
});

test('one that is silent goes, and comes back; the last ones stay', () => {
  const made = world();
  const renew = (lease: Lease, ms: number) =>
    made.update(leases, lease, (current) => {
      current.spec = { ...current.spec, renewTime: microTimestamp(ms) };
    });
  const a = made.create(leases, master('a', 'https://192.0.2.1:6443', 1));
  const b = made.create(leases, master('b', 'https://192.0.2.2:6443', 1));
  made.settle();
  for (const ms of [2, 3, 4]) {
    made.advance(10_000);
    renew(made.get(leases, 'kube-system', a.metadata!.name!)!, ms);
    made.settle();
  }
  expect(addressesIn(made)).toEqual(['192.0.2.1']);
  renew(made.get(leases, 'kube-system', b.metadata!.name!)!, 2);
  made.settle();
  expect(addressesIn(made)).toEqual(['192.0.2.1', '192.0.2.2']);
  made.advance(100_000);
  made.settle();
  expect(addressesIn(made)).toEqual(['192.0.2.1', '192.0.2.2']);
});

test('masters at different ports are in slices of their own; one that is nowhere is in none', () => {
  const urls = ['https://192.0.2.1:6443', 'https://192.0.2.2:443', 'https://127.0.0.1:6443', 'https://master.example'];
  const ends = urls.flatMap((url) => endOf(url) ?? []);
  const slices = [...slicesOf(ends)].map(([name, { ports, endpoints: found }]) => [
    name,
    ports?.[0]?.port,
    found.length,
  ]);
  expect(slices).toEqual([
    ['kubernetes', 443, 1],
    ['kubernetes-6443', 6443, 1],
  ]);
});
