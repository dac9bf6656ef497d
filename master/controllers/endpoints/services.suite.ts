import { type Pod, pods } from '../../../api/core/pod.ts';
import { type Service, type ServiceSpec, services } from '../../../api/core/service.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { World } from '../kit/world.suite.ts';
import { podSpec } from '../samples.suite.ts';

/** Services and the pods behind them, as tests of their endpoints like them. */

export function serviceOf(name: string, spec: Partial<ServiceSpec> = {}, labels?: Record<string, string>): Service {
  return {
    metadata: { name, namespace: 'shop', ...(labels && { labels }) },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

export const addService = (world: World, name: string, spec?: Partial<ServiceSpec>, labels?: Record<string, string>) =>
  world.create(services, serviceOf(name, spec, labels));

export function addPod(world: World, name: string, app = 'web', spec: Partial<Pod['spec']> = {}): Pod {
  return world.create(pods, {
    metadata: { name, namespace: 'shop', labels: { app } },
    spec: { ...podSpec(), ...spec } as Pod['spec'],
  });
}

/** The agent says: it runs at this address, ready or not. */
export function runsAt(world: World, pod: Pod, ip: string, ready = true, nodeName = 'n1'): void {
  world.update(pods, pod, (next) => {
    next.spec!.nodeName ??= nodeName;
  });
  const status = ready ? ('True' as const) : ('False' as const);
  const conditions = [{ type: 'Ready', status, lastTransitionTime: timestamp(world.nowMs) }];
  world.setStatus(pods, pod, {
    phase: 'Running',
    podIP: ip,
    podIPs: ip.split(',').map((each) => ({ ip: each })),
    conditions,
  });
}
