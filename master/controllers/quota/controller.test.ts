import { describe, expect, test } from 'vitest';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { type BandQuota, bandQuotas } from '../../../api/stowage/band-quota.ts';
import { defaultSchedulingPolicy, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import { World } from '../kit/world.suite.ts';
import { podSpec, reportEnd } from '../samples.suite.ts';
import { bandQuotaController } from './controller.ts';

const pod = (name: string, priority: number, requests: Record<string, string>, namespace = 'shop'): Pod => {
  const spec = podSpec();
  spec.priority = priority;
  spec.containers[0]!.resources = { requests };
  return { metadata: { name, namespace }, spec };
};
const quota = (hard: Record<string, Record<string, string>>, name = 'main'): BandQuota => ({
  metadata: { name, namespace: 'shop' },
  spec: { hard },
});

describe('the status of a BandQuota', () => {
  const usedIn = (world: World, name = 'main') => world.get(bandQuotas, 'shop', name)?.status?.used;

  test('says what is granted and what is used of it, and nothing of what is not granted', () => {
    const world = new World([bandQuotaController()]);
    world.create(pods, pod('web', 1_000_000, { cpu: '1500m', memory: '1Gi' }));
    world.create(pods, pod('web-2', 2_000_000, { cpu: '1', memory: '512Mi' }));
    world.create(pods, pod('sum', 0, { cpu: '250m' }));
    world.create(pods, pod('far', 0, { cpu: '4' }, 'other'));
    const hard = { production: { cpu: '10', memory: '8Gi', pods: '5' }, batch: { 'example.com/gpu': '2' } };
    world.create(bandQuotas, quota(hard));
    world.settle();
    const used = { production: { cpu: '2500m', memory: '1536Mi', pods: '2' }, batch: { 'example.com/gpu': '0' } };
    expect(world.get(bandQuotas, 'shop', 'main')?.status).toEqual({ hard, used });
  });

  test('follows pods that come, end and go, writing at most once a second', () => {
    const world = new World([bandQuotaController()]);
    world.create(bandQuotas, quota({ batch: { pods: '9' } }));
    world.settle();
    world.takeTranscript();
    const made = ['a', 'b', 'c'].map((name) => world.create(pods, pod(name, 0, {})));
    world.settle();
    expect(world.takeTranscript()).toEqual([]);
    world.advance(1_000);
    world.settle();
    expect(world.takeTranscript()).toEqual(['band-quota: update bandquota main status']);
    expect(usedIn(world)).toEqual({ batch: { pods: '3' } });
    world.advance(1_000);
    reportEnd(world, made[0]!, 'Succeeded');
    world.delete(pods, made[1]!);
    world.settle();
    expect(usedIn(world)).toEqual({ batch: { pods: '1' } });
  });

  test('follows the policy and its own spec', () => {
    const world = new World([bandQuotaController()]);
    const policy = world.create(schedulingPolicies, { metadata: { name: 'default' } });
    world.create(pods, pod('a', 500, {}));
    const made = world.create(bandQuotas, quota({ batch: { pods: '9' } }));
    world.settle();
    expect(usedIn(world)).toEqual({ batch: { pods: '1' } });
    world.advance(5_000);
    world.update(schedulingPolicies, policy, (next: typeof policy) => {
      const { bands } = defaultSchedulingPolicy();
      next.spec!.bands = bands.map((band) => (band.name === 'production' ? { ...band, minPriority: 500 } : band));
    });
    world.update(bandQuotas, made, (next: BandQuota) => {
      next.spec = { hard: { batch: { pods: '9' }, production: { pods: '4' } } };
    });
    world.settle();
    expect(usedIn(world)).toEqual({ batch: { pods: '0' }, production: { pods: '1' } });
  });

  test('nothing is done for namespaces without quota, and nothing twice', () => {
    const controller = bandQuotaController();
    const world = new World([controller]);
    world.create(pods, pod('far', 0, {}, 'other'));
    expect(world.due).toEqual([]);
    world.create(bandQuotas, quota({ batch: { pods: '9' } }));
    world.create(bandQuotas, quota({ production: { cpu: '1' } }, 'second'));
    world.settle();
    expect(usedIn(world, 'second')).toEqual({ production: { cpu: '0' } });
    world.advance(60_000);
    expect(world.decide(controller, 'shop')).toEqual([]);
    expect(world.decide(controller, 'other')).toEqual([]);
  });
});
