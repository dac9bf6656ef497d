import { beforeEach, describe, expect, test } from 'vitest';
import { type Lease, leases } from '../../../api/coordination/lease.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { type PodSpec, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { microTimestamp, timestamp } from '../../../platform/clock.ts';
import { World } from '../kit/world.suite.ts';
import { bind, podSpec, reportReady } from '../samples.suite.ts';
import { taintEvictionController } from './eviction.ts';
import { LEASE_NAMESPACE, nodeLifecycleController } from './lifecycle.ts';

const GRACE_MS = 40_000;
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const NOT_READY = 'node.kubernetes.io/not-ready';

describe('node lifecycle', () => {
  let world: World;
  const node = () => world.get(nodes, undefined, 'n1')!;
  const ready = () => conditionOf(node().status?.conditions, 'Ready');
  const taints = () => node().spec?.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [];
  const report = (status: 'True' | 'False', more: Partial<NonNullable<Node['status']>> = {}) => {
    const condition = { type: 'Ready', status, lastHeartbeatTime: timestamp(world.nowMs) };
    world.setStatus(nodes, node(), { conditions: [condition], ...more });
    world.settle();
  };
  const leaseOf = (): Lease => ({
    metadata: { name: 'n1', namespace: LEASE_NAMESPACE },
    spec: { holderIdentity: 'n1', renewTime: microTimestamp(world.nowMs) },
  });
  const renew = () => world.update(leases, leaseOf(), (lease) => (lease.spec = leaseOf().spec));
  const pass = (ms: number) => {
    world.advance(ms);
    world.settle();
  };
  const makePod = (name: string, tolerations: PodSpec['tolerations'] = []) => {
    const pod = world.create(pods, { metadata: { name, namespace: 'shop' }, spec: { ...podSpec(), tolerations } });
    bind(world, pod);
    world.settle();
    return pod;
  };
  const isLeaving = (name: string) => metaOf(world.get(pods, 'shop', name)!).deletionTimestamp !== undefined;

  beforeEach(() => {
    const start = Date.parse('2030-01-01T00:00:00Z');
    world = new World([nodeLifecycleController({ graceMs: GRACE_MS, startedAtMs: start }), taintEvictionController]);
    world.create(nodes, { metadata: { name: 'n1' } });
    world.create(leases, leaseOf());
    // Somebody is heard for ever: a cell that is silent as a whole moves no pods.
    const neighbour = world.create(nodes, { metadata: { name: 'n2' } });
    const lastHeartbeatTime = '2099-01-01T00:00:00Z';
    world.setStatus(nodes, neighbour, { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] });
    report('True');
  });

  test('a lease that was given up is known at once, and a node that comes back is taken back', () => {
    makePod('web');
    world.update(leases, leaseOf(), (lease) => {
      lease.spec = { ...leaseOf().spec, holderIdentity: '' };
    });
    world.settle();
    expect(ready()?.status).toBe('Unknown');
    expect(isLeaving('web')).toBe(true);
    renew();
    report('True');
    expect(ready()?.status).toBe('True');
    expect(taints()).toEqual([]);
  });

  test('a renewed lease causes no work, and the node stays ready', () => {
    for (let beats = 0; beats < 10; beats++) {
      world.advance(10_000);
      renew();
      expect(world.due.length).toBe(beats % 4 === 3 ? 1 : 0);
      world.settle();
    }
    expect(ready()?.status).toBe('True');
    expect(world.transcript).toEqual([]);
  });

  test('a node silent for the grace period is lost: Unknown, tainted, its pods not ready', () => {
    const pod = makePod('web');
    reportReady(world, pod);
    world.settle();
    pass(GRACE_MS - 1);
    expect(ready()?.status).toBe('True');
    pass(1);
    expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    expect(taints()).toEqual([`${UNREACHABLE}:NoSchedule`, `${UNREACHABLE}:NoExecute`]);
    expect(conditionOf(world.get(pods, 'shop', 'web')!.status?.conditions, 'Ready')?.status).toBe('False');
    expect(world.decide(nodeLifecycleController({ graceMs: GRACE_MS, startedAtMs: 0 }), 'n1')).toEqual([]);
  });

  test('a node that is back loses its taints, and its pods are ready as before', () => {
    const pod = makePod('web', [{ operator: 'Exists' }]);
    reportReady(world, pod);
    pass(GRACE_MS);
    expect(taints()).toHaveLength(2);
    renew();
    report('True');
    expect(taints()).toEqual([]);
    expect(conditionOf(world.get(pods, 'shop', 'web')!.status?.conditions, 'Ready')?.status).toBe('True');
    pass(GRACE_MS - 1);
    expect(ready()?.status).toBe('True');
    pass(1);
    expect(ready()?.status).toBe('Unknown');
  });

  test('silence from before this master listened does not count', () => {
    const later = world.nowMs + 3_600_000;
    world = new World([nodeLifecycleController({ graceMs: GRACE_MS, startedAtMs: later })]);
    world.create(nodes, { metadata: { name: 'n1' } });
    world.create(leases, leaseOf());
    report('True');
    pass(3_600_000 + GRACE_MS - 1);
    expect(ready()?.status).toBe('True');
    pass(1);
    expect(ready()?.status).toBe('Unknown');
  });

  test('conditions and cordoning become taints; other taints are left alone', () => {
    world.update(nodes, node(), (next) => {
      next.spec = { ...next.spec, unschedulable: true, taints: [{ key: 'mine', effect: 'NoExecute' }] };
    });
    const pressure = { type: 'MemoryPressure', status: 'True' as const };
    report('False');
    world.setStatus(nodes, node(), { conditions: [...node().status!.conditions!, pressure] });
    world.settle();
    expect(taints().sort()).toEqual([
      'mine:NoExecute',
      'node.kubernetes.io/memory-pressure:NoSchedule',
      `${NOT_READY}:NoExecute`,
      `${NOT_READY}:NoSchedule`,
      'node.kubernetes.io/unschedulable:NoSchedule',
    ]);
    world.update(nodes, node(), (next) => {
      next.spec!.unschedulable = false;
    });
    report('True');
    expect(taints()).toEqual(['mine:NoExecute']);
  });

  test('pods leave a tainted node when their toleration ends: at once, after a while, or never', () => {
    makePod('none');
    makePod('while', [{ key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }]);
    makePod('ever', [{ key: UNREACHABLE, operator: 'Exists' }]);
    pass(GRACE_MS);
    expect(['none', 'while', 'ever'].map(isLeaving)).toEqual([true, false, false]);
    pass(299_999);
    expect(isLeaving('while')).toBe(false);
    pass(1);
    expect(['none', 'while', 'ever'].map(isLeaving)).toEqual([true, true, false]);
    expect(world.decide(taintEvictionController, 'n1')).toEqual([]);
  });

  test('a node that is back in time keeps its pods', () => {
    makePod('web', [{ key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }]);
    pass(GRACE_MS);
    pass(200_000);
    renew();
    report('True');
    for (let beats = 0; beats < 10; beats++) {
      pass(30_000);
      renew();
    }
    expect(isLeaving('web')).toBe(false);
  });

  test('a pod that comes to a tainted node is looked at too', () => {
    pass(GRACE_MS);
    makePod('late');
    expect(isLeaving('late')).toBe(true);
  });
});
