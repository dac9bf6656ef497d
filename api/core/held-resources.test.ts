import { expect, test } from 'vitest';
import { specAsHeld } from './held-resources.ts';
import type { Pod } from './pod.ts';
import { podRequests } from './pod-resources.ts';

interface Told {
  readonly name?: string;
  readonly asked?: Record<string, string>;
  readonly granted?: Record<string, string>;
  readonly inForce?: Record<string, string>;
  readonly restartPolicy?: string;
}

function pod(containers: readonly Told[], { init = [] as readonly Told[], reason = '' } = {}): Pod {
  const spec = ({ name = 'main', asked, restartPolicy }: Told) => ({
    name,
    ...(asked && { resources: { requests: asked } }),
    ...(restartPolicy && { restartPolicy }),
  });
  const status = ({ name = 'main', granted, inForce }: Told) => ({
    name,
    ...(granted && { allocatedResources: granted }),
    ...(inForce && { resources: { requests: inForce } }),
  });
  return {
    spec: { containers: containers.map(spec), initContainers: init.map(spec) },
    status: {
      containerStatuses: containers.map(status),
      initContainerStatuses: init.map(status),
      conditions: reason ? [{ type: 'PodResizePending', status: 'True', reason }] : [],
    },
  } as unknown as Pod;
}

const held = (told: Pod) => podRequests({ spec: specAsHeld(told) });

test('is the spec itself where nothing else is held', () => {
  const same: Told = { asked: { cpu: '1', memory: '1Gi' }, granted: { cpu: '1000m' }, inForce: { memory: '1024Mi' } };
  const told = pod([same, { name: 'b' }], { reason: 'Infeasible' });
  expect(specAsHeld(told)).toBe(told.spec);
  const fresh = { spec: told.spec! };
  expect(specAsHeld(fresh)).toBe(fresh.spec);
});

test('counts the most of what is asked for, granted and in force', () => {
  const grows: Told = {
    asked: { cpu: '3', memory: '1Gi' },
    granted: { cpu: '2', memory: '1Gi' },
    inForce: { cpu: '1' },
  };
  const shrinks: Told = { name: 'b', asked: { cpu: '1' }, granted: { cpu: '1' }, inForce: { cpu: '2', memory: '1Gi' } };
  expect(held(pod([grows]))).toEqual({ cpu: '3', memory: '1Gi' });
  expect(held(pod([shrinks]))).toEqual({ cpu: '2', memory: '1Gi' });
  expect(held(pod([grows, shrinks]))).toEqual({ cpu: '5', memory: '2Gi' });
  expect(held(pod([grows], { reason: 'Deferred' }))).toMatchObject({ cpu: '3' });
});

test('does not count what a node can never grant', () => {
  const told: Told = { asked: { cpu: '900', 'example.com/gpu': '1' }, granted: { cpu: '2' }, inForce: { cpu: '1' } };
  expect(held(pod([told], { reason: 'Infeasible' }))).toEqual({ cpu: '2', 'example.com/gpu': '1' });
});

test('of init containers, only those that last hold anything', () => {
  const main: Told = { asked: { cpu: '1' } };
  const init: Told = { name: 'i', asked: { cpu: '1' }, granted: { cpu: '4' } };
  expect(held(pod([main], { init: [init] }))).toEqual({ cpu: '1' });
  expect(held(pod([main], { init: [{ ...init, restartPolicy: 'Always' }] }))).toEqual({ cpu: '5' });
});
