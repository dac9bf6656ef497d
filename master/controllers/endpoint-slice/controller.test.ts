import { beforeEach, describe, expect, test } from 'vitest';
import { nodes } from '../../../api/core/node.ts';
import { pods } from '../../../api/core/pod.ts';
import { services } from '../../../api/core/service.ts';
import { type EndpointSlice, endpointSlices } from '../../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { addPod, addService, runsAt, serviceOf } from '../endpoints/services.suite.ts';
import type { Controller } from '../kit/controller.ts';
import { World } from '../kit/world.suite.ts';
import { confirmGone } from '../samples.suite.ts';
import { endpointSliceController } from './controller.ts';

const NAME_LABEL = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

describe('endpoint slices', () => {
  let controller: Controller;
  let world: World;
  const slices = (): EndpointSlice[] => world.list(endpointSlices, 'shop');
  const text = ({ endpoints = [], ports = [] }: EndpointSlice): string => {
    const state = ({ ready, serving, terminating }: NonNullable<(typeof endpoints)[number]['conditions']> = {}) =>
      `${ready ? 'r' : ''}${serving ? 's' : ''}${terminating ? 't' : ''}`;
    const at = endpoints.map(({ addresses, conditions }) => `${addresses[0]} ${state(conditions)}`.trim());
    return `${at.join()}:${ports.map(({ name, port }) => (name ? `${name}=${port}` : port)).join()}`;
  };
  const seen = () => slices().map(text).sort();

  beforeEach(() => {
    controller = endpointSliceController();
    world = new World([controller]);
  });

  test('a pod behind a service from its first day to its last', () => {
    const service = addService(world, 'web', {}, { tier: 'front' });
    world.settle();
    const [slice] = slices();
    expect(metaOf(slice!).labels).toEqual({
      tier: 'front',
      [MANAGED_BY]: 'endpointslice-controller.k8s.io',
      [NAME_LABEL]: 'web',
    });
    expect(metaOf(slice!).ownerReferences).toMatchObject([
      { kind: 'Service', uid: metaOf(service).uid, controller: true },
    ]);
    expect(metaOf(slice!).name).toMatch(/^web-[a-z0-9]{7}$/);
    expect(seen()).toEqual([':']);
    const pod = addPod(world, 'web-1');
    runsAt(world, pod, '10.0.0.1', false);
    world.settle();
    expect(seen()).toEqual(['10.0.0.1:8080']);
    runsAt(world, pod, '10.0.0.1');
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs:8080']);
    expect(slices()[0]?.endpoints[0]).toEqual({
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: metaOf(pod).uid },
    });
    world.delete(pods, pod);
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 st:8080']);
    confirmGone(world, pod);
    world.settle();
    expect(seen()).toEqual([':']);
    // One slice, under one name, all the time.
    expect(new Set(world.takeTranscript())).toEqual(
      new Set([
        `endpointslice: create endpointslice ${metaOf(slice!).name}`,
        `endpointslice: update endpointslice ${metaOf(slice!).name}`,
      ]),
    );
  });

  test('at most a hundred backends in a slice, and one more changes one slice', () => {
    addService(world, 'web');
    for (let at = 0; at < 250; at++) runsAt(world, addPod(world, `p${at}`), `10.0.${at >> 7}.${at & 127}`);
    world.settle();
    expect(slices().map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
    expect(new Set(slices().flatMap(({ endpoints }) => endpoints.map(({ addresses }) => addresses[0]))).size).toBe(250);
    world.takeTranscript();
    runsAt(world, addPod(world, 'late'), '10.1.0.1');
    world.settle();
    expect(world.takeTranscript()).toHaveLength(1);
    expect(slices().map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 51]);
  });

  test('publishNotReadyAddresses: all count as ready, also what is ending', () => {
    addService(world, 'web', { publishNotReadyAddresses: true });
    const pod = addPod(world, 'a');
    runsAt(world, pod, '10.0.0.1', false);
    world.delete(pods, pod);
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rt:8080']);
  });

  test('pods whose named port differs stand in slices of their own; a changed port keeps the slice', () => {
    const named = (containerPort: number) => ({
      containers: [{ name: 'main', image: 'shop:1', ports: [{ name: 'http', containerPort }] }],
    });
    addService(world, 'web', { ports: [{ port: 80, targetPort: 'http' }] });
    runsAt(world, addPod(world, 'a', 'web', named(8080)), '10.0.0.1');
    runsAt(world, addPod(world, 'b', 'web', named(9090)), '10.0.0.2');
    runsAt(world, addPod(world, 'c', 'web'), '10.0.0.3');
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs:8080', '10.0.0.2 rs:9090']);
    const before = slices().map(({ metadata }) => metadata?.name);
    world.update(services, serviceOf('web'), (next) => {
      next.spec!.ports = [{ port: 80, targetPort: 7070, protocol: 'TCP' }];
    });
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs,10.0.0.2 rs,10.0.0.3 rs:7070']);
    expect(before).toContain(slices()[0]?.metadata?.name);
  });

  test('two families are two slices; one given up takes its slice along', () => {
    addService(world, 'web', { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' });
    runsAt(world, addPod(world, 'a'), '10.0.0.1,fd00::1');
    world.settle();
    expect(
      slices()
        .map(({ addressType }) => addressType)
        .sort(),
    ).toEqual(['IPv4', 'IPv6']);
    expect(seen()).toEqual(['10.0.0.1 rs:8080', 'fd00::1 rs:8080']);
    world.update(services, serviceOf('web'), (next) => {
      next.spec!.ipFamilies = ['IPv4'];
    });
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs:8080']);
  });

  test('the zone of the node, also when it is told later, and hints where traffic is to stay near', () => {
    world.create(nodes, { metadata: { name: 'n1' } });
    addService(world, 'web', { trafficDistribution: 'PreferSameNode' });
    runsAt(world, addPod(world, 'a'), '10.0.0.1');
    runsAt(world, addPod(world, 'b'), '10.0.0.2', false);
    world.settle();
    expect(slices()[0]?.endpoints[0]).not.toHaveProperty('zone');
    world.update(nodes, world.get(nodes, undefined, 'n1')!, (next) => {
      next.metadata!.labels = { 'topology.kubernetes.io/zone': 'east' };
    });
    world.settle();
    expect(slices()[0]?.endpoints).toMatchObject([
      { zone: 'east', hints: { forNodes: [{ name: 'n1' }], forZones: [{ name: 'east' }] } },
      { zone: 'east' },
    ]);
    expect(slices()[0]?.endpoints[1]).not.toHaveProperty('hints');
  });

  test("others' slices and services without a selector are left alone", () => {
    const custom = (name: string, service: string): EndpointSlice => ({
      metadata: { name, namespace: 'shop', labels: { [NAME_LABEL]: service, [MANAGED_BY]: 'somebody.example' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.9.9.9'] }],
    });
    addService(world, 'outside', { selector: undefined });
    addService(world, 'elsewhere', { type: 'ExternalName', externalName: 'shop.example' });
    world.create(endpointSlices, custom('theirs', 'outside'));
    world.settle();
    expect(world.takeTranscript()).toEqual([]);
    addService(world, 'web');
    world.create(endpointSlices, custom('theirs-too', 'web'));
    world.settle();
    expect(seen()).toEqual(['10.9.9.9:', '10.9.9.9:', ':']);
  });

  test('what others do to a slice is put right', () => {
    addService(world, 'web');
    runsAt(world, addPod(world, 'a'), '10.0.0.1');
    world.settle();
    const [slice] = slices();
    world.update(endpointSlices, slice!, (next) => {
      next.endpoints = [];
      metaOf(next).labels![NAME_LABEL] = 'other';
    });
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs:8080']);
    world.delete(endpointSlices, slices()[0]!);
    world.settle();
    expect(seen()).toEqual(['10.0.0.1 rs:8080']);
    expect(world.decide(controller, 'shop/web')).toEqual([]);
  });

  test('another who decides the same makes the same slice', () => {
    addService(world, 'web');
    for (let at = 0; at < 120; at++) runsAt(world, addPod(world, `p${at}`), `10.0.0.${at}`);
    const [one, two] = [world.decide(controller, 'shop/web'), world.decide(controller, 'shop/web')];
    expect(one).toHaveLength(2);
    expect(JSON.stringify(one)).toEqual(JSON.stringify(two));
  });
});
