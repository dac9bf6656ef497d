import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { nodeOf, podOf } from './preemption.fixture.ts';
import { Scheduler } from './scheduler.ts';
import { claim, volume, waiting } from './volumes/storage.fixture.ts';

const NOW_MS = 1000;

/** What is said of a pod, and what it counts as. */
function said(scheduler: Scheduler, pod: Pod): string {
  const { state, message } = scheduler.why(pod, NOW_MS);
  return `${state}: ${message}`;
}

const withClaims = (...names: string[]): Pod =>
  podOf('sums', {
    spec: { volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) },
  });

test('a pod whose claims get their volumes is not placed yet', () => {
  const scheduler = new Scheduler();
  scheduler.setNode(nodeOf('n', { cpu: '1' }));
  scheduler.setStorageClass(waiting('local', 'example.com/disk'));
  scheduler.setVolume(volume('ready', { storage: '1Gi' }));
  scheduler.setClaim(claim('small', { storage: '1Gi' }));
  scheduler.setClaim(claim('large', { storage: '9Gi' }));
  const pod = withClaims('small', 'large');
  scheduler.setPod(pod);
  expect(scheduler.decide(NOW_MS, 10)).toMatchObject([{ type: 'bind', nodeName: 'n' }]);
  expect(said(scheduler, pod)).toBe(
    'waiting: its place on n is held until claim small is bound to volume ready and ' +
      'the provisioner of its class has made a volume there for claim large',
  );
  scheduler.setPod({ ...pod, spec: { ...pod.spec!, nodeName: 'n' } });
  expect(said(scheduler, pod)).toBe('placed: on n');
});

test('a pod on its way out is not looked at', () => {
  const scheduler = new Scheduler();
  const pod = podOf('late');
  const leaving: Pod = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } };
  scheduler.setPod(leaving);
  expect(said(scheduler, leaving)).toBe('ignored: the pod is being deleted');
});
