import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import { replicaSets } from '../../../api/apps/replica-set.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isReady } from '../pods/pod-state.ts';
import { replicaSetController } from '../replica-set/controller.ts';
import { confirmGone, deploymentOf, podSpec, reportReady } from '../samples.suite.ts';
import { deploymentController } from './controller.ts';

/** What may happen between two passes, chosen by fast-check. */
const happening = fc.oneof(
  { weight: 1, arbitrary: fc.record({ type: fc.constant('image' as const), which: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('pass' as const), which: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('ready' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('gone' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('time' as const), which: fc.nat(10) }) },
);

const setting = fc
  .record({
    replicas: fc.integer({ min: 1, max: 8 }),
    maxSurge: fc.oneof(fc.nat(4), fc.constantFrom('25%', '50%', '100%')),
    maxUnavailable: fc.oneof(fc.nat(4), fc.constantFrom('25%', '50%')),
    minReadySeconds: fc.nat(5),
    seed: fc.nat(1000),
  })
  .filter(({ maxSurge, maxUnavailable }) => maxSurge !== 0 || maxUnavailable !== 0);

const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)];

function resolve(value: number | string, total: number, round: (exact: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100);
}

describe('rolling update', () => {
  test('keeps within surge and availability in every order of events, and gets there in the end', () => {
    fc.assert(
      fc.property(setting, fc.array(happening, { minLength: 60, maxLength: 150 }), ({ seed, ...spec }, happenings) => {
        const { replicas, minReadySeconds } = spec;
        const surge = resolve(spec.maxSurge, replicas, Math.ceil);
        const lowered = resolve(spec.maxUnavailable, replicas, Math.floor);
        const unavailable = surge === 0 && lowered === 0 ? 1 : Math.min(lowered, replicas);
        const world = new World([deploymentController, replicaSetController], seed);
        const active = () => world.list(pods).filter(isActive);
        const available = () => active().filter((pod) => readyFor(world, pod) >= minReadySeconds * 1000);
        const everythingReady = () => {
          for (const pod of active().filter((candidate) => !isReady(candidate))) reportReady(world, pod);
          world.advance(minReadySeconds * 1000);
          world.settle();
        };
        const strategy = {
          type: 'RollingUpdate' as const,
          rollingUpdate: { maxSurge: spec.maxSurge, maxUnavailable: spec.maxUnavailable },
        };
        const deployment = world.create(deployments, deploymentOf('web', { replicas, minReadySeconds, strategy }));
        world.settle();
        everythingReady();
        let wanted = '';
        const setImage = (number: number) => {
          wanted = `shop:${number}`;
          world.update(deployments, deployment, (next) => {
            next.spec!.template.spec = podSpec(wanted);
          });
        };
        setImage(2);
        for (const { type, which } of happenings) {
          if (type === 'pass') world.step(which);
          else if (type === 'image') setImage(which);
          else if (type === 'ready') {
            const pod = pick(
              active().filter((candidate) => !isReady(candidate)),
              which,
            );
            if (pod) reportReady(world, pod);
          } else if (type === 'gone') {
            const pod = pick(
              world.list(pods).filter((candidate) => !isActive(candidate)),
              which,
            );
            if (pod) confirmGone(world, pod);
          } else world.advance(which * 1000);
          expect(active().length).toBeLessThanOrEqual(replicas + surge);
          expect(available().length).toBeGreaterThanOrEqual(replicas - unavailable);
        }
        for (let rounds = 0; rounds < 2 * replicas + 4; rounds++) everythingReady();
        expect(active().map((pod) => pod.spec?.containers[0]?.image)).toEqual(Array(replicas).fill(wanted));
        expect(world.list(replicaSets).filter((set) => set.spec!.replicas! > 0)).toHaveLength(1);
        expect(world.decide(deploymentController, 'shop/web')).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

function readyFor(world: World, pod: Pod): number {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  return ready ? world.nowMs - Date.parse(ready.lastTransitionTime!) : -1;
}
