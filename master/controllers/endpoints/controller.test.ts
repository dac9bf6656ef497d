import { beforeEach, describe, expect, test } from 'vitest';
import { type EndpointSubset, endpoints } from '../../../api/core/endpoints.ts';
import { pods } from '../../../api/core/pod.ts';
import { services } from '../../../api/core/service.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Controller } from '../kit/controller.ts';
import { World } from '../kit/world.suite.ts';
import { reportEnd } from '../samples.suite.ts';
import { endpointsController } from './controller.ts';
import { addPod, addService, runsAt, serviceOf } from './services.suite.ts';

describe('endpoints', () => {
  let controller: Controller;
  let world: World;
  const present = (name = 'web') => world.get(endpoints, 'shop', name);
  const text = ({ addresses, notReadyAddresses, ports }: EndpointSubset): string => {
    const at = (list: EndpointSubset['addresses']) => (list ?? []).map(({ ip }) => ip).join();
    const open = (ports ?? []).map(({ name, port }) => (name ? `${name}=${port}` : port)).join();
    return `${at(addresses)}|${at(notReadyAddresses)}:${open}`;
  };
  const seen = (name?: string) => present(name)?.subsets?.map(text) ?? [];

  beforeEach(() => {
    controller = endpointsController();
    world = new World([controller]);
  });

  test('a service from its first day to its last', () => {
    addService(world, 'web', {}, { tier: 'front' });
    world.settle();
    expect(world.takeTranscript()).toEqual(['endpoint: create endpoints web']);
    expect(metaOf(present()!).labels).toEqual({
      tier: 'front',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
    const pod = addPod(world, 'web-1');
    world.settle();
    runsAt(world, pod, '10.0.0.1', false);
    world.settle();
    expect(seen()).toEqual(['|10.0.0.1:8080']);
    runsAt(world, pod, '10.0.0.1');
    world.settle();
    expect(present()?.subsets).toEqual([
      {
        addresses: [
          {
            ip: '10.0.0.1',
            nodeName: 'n1',
            targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: metaOf(pod).uid },
          },
        ],
        ports: [{ port: 8080, protocol: 'TCP' }],
      },
    ]);
    // Marked for deletion: it takes no more traffic.
    world.delete(pods, pod);
    world.settle();
    expect(seen()).toEqual([]);
    world.delete(services, serviceOf('web'));
    world.settle();
    expect(present()).toBeUndefined();
    expect(world.takeTranscript()).toEqual([
      'endpoint: update endpoints web',
      'endpoint: update endpoints web',
      'endpoint: update endpoints web',
      'endpoint: delete endpoints web',
    ]);
  });

  test('named ports are looked up in each pod; pods with other ports stand apart', () => {
    const named = (containerPort: number, name = 'http') => ({
      containers: [{ name: 'main', image: 'shop:1', ports: [{ name, containerPort }] }],
    });
    addService(world, 'web', {
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'admin', port: 81, targetPort: 9000 },
      ],
    });
    runsAt(world, addPod(world, 'a', 'web', named(8080)), '10.0.0.3');
    runsAt(world, addPod(world, 'b', 'web', named(8080)), '10.0.0.2');
    runsAt(world, addPod(world, 'c', 'web', named(8081)), '10.0.0.1');
    runsAt(world, addPod(world, 'd', 'web', named(1, 'other')), '10.0.0.4');
    world.settle();
    expect(seen().sort()).toEqual([
      '10.0.0.1|:http=8081,admin=9000',
      '10.0.0.2,10.0.0.3|:http=8080,admin=9000',
      '10.0.0.4|:admin=9000',
    ]);
  });

  test('headless: a label says so, host names are kept, and no ports are needed', () => {
    addService(world, 'web', { clusterIP: 'None', ports: undefined });
    runsAt(world, addPod(world, 'a', 'web', { hostname: 'first', subdomain: 'web' }), '10.0.0.1');
    runsAt(world, addPod(world, 'b', 'web', { hostname: 'second', subdomain: 'elsewhere' }), '10.0.0.2');
    world.settle();
    expect(metaOf(present()!).labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    expect(seen()).toEqual(['10.0.0.1,10.0.0.2|:']);
    expect(present()?.subsets?.[0]?.addresses?.map(({ hostname }) => hostname)).toEqual(['first', undefined]);
  });

  test('publishNotReadyAddresses: all that have an address count, but those that have ended', () => {
    addService(world, 'web', { publishNotReadyAddresses: true });
    runsAt(world, addPod(world, 'a'), '10.0.0.1', false);
    const leaving = addPod(world, 'b');
    runsAt(world, leaving, '10.0.0.2');
    world.delete(pods, leaving);
    const ended = addPod(world, 'c');
    runsAt(world, ended, '10.0.0.3');
    reportEnd(world, ended, 'Succeeded');
    addPod(world, 'd');
    world.settle();
    expect(seen()).toEqual(['10.0.0.1,10.0.0.2|:8080']);
  });

  test('the family of the service decides which address counts', () => {
    addService(world, 'web', { ipFamilies: ['IPv6'] });
    runsAt(world, addPod(world, 'a'), '10.0.0.1,fd00::1');
    runsAt(world, addPod(world, 'b'), '10.0.0.2');
    world.settle();
    expect(seen()).toEqual(['fd00::1|:8080']);
  });

  test('services without a selector and their endpoints are left alone', () => {
    addService(world, 'outside', { selector: undefined });
    addService(world, 'elsewhere', { type: 'ExternalName', externalName: 'shop.example', selector: { app: 'web' } });
    world.create(endpoints, { metadata: { name: 'outside', namespace: 'shop' }, subsets: [] });
    world.create(endpoints, { metadata: { name: 'nobodys', namespace: 'shop' } });
    runsAt(world, addPod(world, 'a'), '10.0.0.1');
    world.delete(services, serviceOf('outside'));
    world.settle();
    expect(world.transcript).toEqual([]);
    expect(world.list(endpoints).map(({ metadata }) => metadata?.name)).toEqual(['outside', 'nobodys']);
  });

  test('what others do to them is put right; what they note on them stays', () => {
    addService(world, 'web');
    runsAt(world, addPod(world, 'a'), '10.0.0.1');
    world.settle();
    world.update(endpoints, present()!, (next) => {
      next.metadata!.annotations = { note: 'mine' };
    });
    world.settle();
    world.takeTranscript();
    world.update(endpoints, present()!, (next) => {
      next.subsets = [];
    });
    world.settle();
    expect(world.takeTranscript()).toEqual(['endpoint: update endpoints web']);
    expect(metaOf(present()!).annotations).toEqual({ note: 'mine' });
    world.delete(endpoints, present()!);
    world.settle();
    expect(seen()).toEqual(['10.0.0.1|:8080']);
  });

  test('more than a thousand addresses are cut, ready ones last, and it says so', () => {
    addService(world, 'web');
    for (let at = 0; at < 1010; at++) {
      runsAt(world, addPod(world, `p${at}`), `10.0.${at >> 8}.${at & 255}`, at >= 20);
    }
    world.settle();
    const [subset] = present()?.subsets ?? [];
    expect([subset?.addresses?.length, subset?.notReadyAddresses?.length]).toEqual([990, 10]);
    expect(metaOf(present()!).annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    for (let at = 0; at < 20; at++) world.delete(pods, world.get(pods, 'shop', `p${at}`)!, { gracePeriodSeconds: 0 });
    world.settle();
    expect(metaOf(present()!).annotations ?? {}).toEqual({});
  });

  test('pods come and go by their labels, services by their selectors', () => {
    addService(world, 'web', { selector: { app: 'web', track: 'stable' } });
    const pod = addPod(world, 'a');
    runsAt(world, pod, '10.0.0.1');
    world.settle();
    expect(seen()).toEqual([]);
    const relabel = (labels: Record<string, string>) => {
      world.update(pods, pod, (next) => {
        next.metadata!.labels = labels;
      });
      world.settle();
    };
    relabel({ app: 'web', track: 'stable' });
    expect(seen()).toEqual(['10.0.0.1|:8080']);
    relabel({ track: 'stable' });
    expect(seen()).toEqual([]);
    world.update(services, serviceOf('web'), (next) => {
      next.spec!.selector = { track: 'stable' };
    });
    world.settle();
    expect(seen()).toEqual(['10.0.0.1|:8080']);
  });

  test('what does not show does not make it look again', () => {
    addService(world, 'web');
    const pod = addPod(world, 'a');
    runsAt(world, pod, '10.0.0.1');
    addPod(world, 'other', 'other');
    world.settle();
    world.setStatus(pods, pod, { startTime: '2030-01-01T00:00:00Z' });
    runsAt(world, world.get(pods, 'shop', 'other')!, '10.0.0.2');
    expect(world.due).toEqual([]);
    expect(world.decide(controller, 'shop/web')).toEqual([]);
  });
});
