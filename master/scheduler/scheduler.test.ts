import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { type Decision, EXPLAIN_INTERVAL_MS, Scheduler } from './scheduler.ts';

const scheduler = () => new Scheduler();

function node(name: string, allocatable: Record<string, string>, more: Partial<Node> = {}): Node {
  return {
    metadata: { name, ...more.metadata },
    spec: more.spec,
    status: { allocatable: { pods: '110', ...allocatable } },
  };
}

interface PodTraits {
  cpu?: string;
  memory?: string;
  priority?: number;
  nodeName?: string;
  spec?: Partial<NonNullable<Pod['spec']>>;
  requests?: Record<string, string>;
}

function pod(name: string, { cpu = '0', memory = '0', priority = 0, nodeName, spec, requests }: PodTraits = {}): Pod {
  return {
    metadata: { name, namespace: 'default', uid: name, generation: 1 },
    spec: {
      containers: [{ name: 'main', resources: { requests: { cpu, memory, ...requests } } }],
      priority,
      nodeName,
      ...spec,
    } as NonNullable<Pod['spec']>,
  };
}

const summary = (decisions: readonly Decision[]) =>
  decisions.map((decision) => {
    if (decision.type === 'group') return `${decision.group.name} ${decision.phase}`;
    const name = decision.pod.metadata?.name;
    // What follows the counts has tests of its own.
    if (decision.type === 'explain') return `${name}: ${decision.message.replace(/ Nearest:.*/, '')}`;
    return `${name} ${decision.type === 'bind' ? '->' : decision.type} ${decision.nodeName}`;
  });

describe('placing', () => {
  test('fills the fullest node that still fits', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '4', memory: '8Gi' }));
    s.setNode(node('b', { cpu: '4', memory: '8Gi' }));
    s.setPod(pod('resident', { cpu: '2', memory: '4Gi', nodeName: 'b' }));
    s.setPod(pod('small', { cpu: '1', memory: '1Gi' }));
    s.setPod(pod('large', { cpu: '3', memory: '1Gi' }));
    expect(summary(s.decide(0, 10))).toEqual(['small -> b', 'large -> a']);
  });

  test('reckons with what a pod holds while it is resized', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '4', memory: '8Gi' }));
    const told = (cpu: string, granted: string, reason?: string): Pod => {
      const resized = pod('resident', { cpu, nodeName: 'a' });
      const conditions = reason ? [{ type: 'PodResizePending', status: 'True' as const, reason }] : [];
      const containerStatuses = [{ name: 'main', allocatedResources: { cpu: granted } }];
      return { ...resized, status: { conditions, containerStatuses } as unknown as NonNullable<Pod['status']> };
    };
    const takes = (name: string, cpu: string) => {
      s.setPod(pod(name, { cpu }));
      const taken = s.decide(0, 10).some(({ type }) => type === 'bind');
      s.removePod(name);
      return taken;
    };
    s.setPod(told('1', '3'));
    expect([takes('early', '2'), takes('small', '1')]).toEqual([false, true]);
    s.setPod(told('1', '1'));
    expect(takes('later', '3')).toBe(true);
    s.setPod(told('9', '1', 'Deferred'));
    expect(takes('patient', '1')).toBe(false);
    s.setPod(told('9', '1', 'Infeasible'));
    expect([takes('spared', '3'), takes('large', '3500m')]).toEqual([true, false]);
  });

  test('reckons with what a pod asks for since it was resized', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '4', memory: '8Gi' }));
    const resident = pod('resident', { cpu: '1', nodeName: 'a' });
    s.setPod(resident);
    const grown = pod('resident', { cpu: '3', nodeName: 'a' });
    s.setPod({ ...grown, metadata: { ...grown.metadata, generation: 2 } });
    s.setPod(pod('next', { cpu: '2' }));
    expect(summary(s.decide(0, 10))).toEqual([expect.stringMatching(/next: 0\/1 nodes .*cpu/)]);
    s.setPod({ ...resident, metadata: { ...resident.metadata, generation: 3 } });
    expect(summary(s.decide(1, 10))).toEqual(['next -> a']);
  });

  test('goes by priority, then by order of arrival', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '2', memory: '8Gi' }));
    s.setPod(pod('first', { cpu: '1' }));
    s.setPod(pod('second', { cpu: '1' }));
    s.setPod(pod('urgent', { cpu: '1', priority: 1000 }));
    expect(summary(s.decide(0, 10)).slice(0, 2)).toEqual(['urgent -> a', 'first -> a']);
  });

  test('honours selectors, taints, cordons, pod count and extended resources, and counts the reasons', () => {
    const s = scheduler();
    s.setNode(node('cordoned', { cpu: '4' }, { spec: { unschedulable: true } }));
    s.setNode(
      node('tainted', { cpu: '4' }, { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } }),
    );
    s.setNode(node('crowded', { cpu: '4', pods: '0' }));
    s.setNode(node('small', { cpu: '100m' }));
    s.setNode(node('labelled', { cpu: '4', 'example.com/gpu': '1' }, { metadata: { labels: { disk: 'ssd' } } }));
    const spec = { nodeSelector: { disk: 'ssd' } };
    s.setPod(pod('picky', { cpu: '1', spec }));
    s.setPod(pod('gpu', { cpu: '1', requests: { 'example.com/gpu': '2' } }));
    expect(summary(s.decide(0, 10))).toEqual([
      'picky -> labelled',
      'gpu: 0/5 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) had untolerated taint {gpu: yes}, ' +
        '1 node(s) were unschedulable, 3 Insufficient example.com/gpu.',
    ]);
  });

  test('leaves alone pods of other schedulers, gated pods and pods that are being deleted', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '4' }));
    s.setPod(pod('other', { spec: { schedulerName: 'other' } }));
    s.setPod(pod('gated', { spec: { schedulingGates: [{ name: 'wait' }] } }));
    const dying = pod('dying');
    s.setPod({ ...dying, metadata: { ...dying.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(s.decide(0, 10)).toEqual([]);
    s.setPod(pod('gated'));
    expect(summary(s.decide(0, 10))).toEqual(['gated -> a']);
  });
});

describe('pending pods', () => {
  test('are placed as soon as something goes, oldest first, and said to be pending once', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '1' }));
    s.setPod(pod('running', { cpu: '1', nodeName: 'a' }));
    s.setPod(pod('one', { cpu: '1' }));
    s.setPod(pod('two', { cpu: '1' }));
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    expect(summary(s.decide(0, 10))).toEqual([`one: ${message}`, `two: ${message}`]);
    expect(s.decide(1, 10)).toEqual([]);
    s.removePod('running');
    expect(summary(s.decide(2, 10))).toEqual(['one -> a']);
  });

  test('are explained anew when the reasons change, but not at every change', () => {
    const s = scheduler();
    s.setPod(pod('one', { cpu: '1' }));
    expect(summary(s.decide(0, 10))).toEqual(['one: no nodes available to schedule pods']);
    s.setNode(node('a', { cpu: '500m' }));
    expect(s.decide(1, 10)).toEqual([]);
    expect(summary(s.decide(EXPLAIN_INTERVAL_MS, 10))).toEqual(['one: 0/1 nodes are available: 1 Insufficient cpu.']);
  });

  test('come back when a bind fails, without leaking what was accounted', () => {
    const s = scheduler();
    s.setNode(node('a', { cpu: '1' }));
    s.setPod(pod('one', { cpu: '1' }));
    expect(summary(s.decide(0, 10))).toEqual(['one -> a']);
    s.bindFailed('one');
    expect(summary(s.decide(1, 10))).toEqual([]);
    expect(s.nextDueMs).toBe(1000);
    expect(summary(s.decide(1000, 10))).toEqual(['one -> a']);
    s.removePod('one');
    expect(s.world.cell.used(0, 0)).toBe(0);
  });
});

describe('properties', () => {
  const size = fc.integer({ min: 0, max: 8 });
  const step = fc.oneof(
    fc.record({ type: fc.constant('node' as const), id: fc.nat(5), cpu: size, memory: size }),
    fc.record({ type: fc.constant('drop' as const), id: fc.nat(5) }),
    fc.record({ type: fc.constant('pod' as const), id: fc.nat(30), cpu: size, memory: size, priority: fc.nat(2) }),
    fc.record({ type: fc.constant('end' as const), id: fc.nat(30) }),
  );

  test('no node is ever overcommitted, and a pod waits only when it fits nowhere', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const s = scheduler();
        const nodes = new Map<string, { cpu: number; memory: number }>();
        const wanted = new Map<string, { cpu: number; memory: number }>();
        const placed = new Map<string, string>();
        steps.forEach((change, time) => {
          apply(change, s, nodes, wanted, placed);
          for (const decision of s.decide(time, 1000)) {
            if (decision.type !== 'bind') continue;
            const uid = decision.pod.metadata!.uid!;
            placed.set(uid, decision.nodeName);
            s.setPod({ ...decision.pod, spec: { ...decision.pod.spec!, nodeName: decision.nodeName } });
          }
          for (const [name, capacity] of nodes) {
            const here = [...placed].filter(([, on]) => on === name).map(([uid]) => wanted.get(uid)!);
            const free = {
              cpu: capacity.cpu - here.reduce((sum, { cpu }) => sum + cpu, 0),
              memory: capacity.memory - here.reduce((sum, { memory }) => sum + memory, 0),
            };
            for (const [uid, need] of wanted) {
              if (placed.has(uid)) continue;
              expect(need.cpu <= free.cpu && need.memory <= free.memory, `${uid} fits on ${name}`).toBe(false);
            }
            // A node may shrink under its pods; it must never be filled beyond what it has.
            if (free.cpu < 0 || free.memory < 0) expect(change.type).toBe('node');
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
  type Size = { cpu: number; memory: number };

  function apply(
    change: Step,
    s: Scheduler,
    nodes: Map<string, Size>,
    wanted: Map<string, Size>,
    placed: Map<string, string>,
  ): void {
    const name = `${change.type === 'node' || change.type === 'drop' ? 'n' : 'p'}${change.id}`;
    if (change.type === 'node' && !nodes.has(name)) {
      nodes.set(name, change);
      s.setNode(node(name, { cpu: `${change.cpu}`, memory: `${change.memory}` }));
    } else if (change.type === 'drop' && nodes.delete(name)) {
      s.removeNode(name);
      for (const [uid, on] of placed) if (on === name) end(uid);
    } else if (change.type === 'pod' && !wanted.has(name)) {
      wanted.set(name, change);
      const { cpu, memory, priority } = change;
      // A place that is held for a preemptor would be one that others fit into and do not get.
      s.setPod(pod(name, { cpu: `${cpu}`, memory: `${memory}`, priority, spec: { preemptionPolicy: 'Never' } }));
    } else if (change.type === 'end') {
      end(name);
    }
    function end(uid: string): void {
      s.removePod(uid);
      wanted.delete(uid);
      placed.delete(uid);
    }
  }
});
