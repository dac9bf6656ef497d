import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { controllerRevisions } from '../../../api/apps/controller-revision.ts';
import { type DaemonSet, type DaemonSetSpec, daemonSets } from '../../../api/apps/daemon-set.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Taint } from '../../../api/core/taints.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isReady, isTerminating } from '../pods/pod-state.ts';
import { confirmGone, podSpec, reportEnd, reportReady } from '../samples.suite.ts';
import { daemonSetController } from './controller.ts';
import { nodeOf } from './daemon-pod.ts';

const labels = { app: 'logs' };

function setOf(spec: Partial<DaemonSetSpec> = {}, pod: Partial<NonNullable<Pod['spec']>> = {}): DaemonSet {
  return {
    metadata: { name: 'logs', namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...podSpec(), ...pod } },
      ...spec,
    },
  } as DaemonSet;
}

const nodeNamed = (name: string, of: Record<string, string> = {}, taints?: Taint[]): Node => ({
  metadata: { name, labels: of },
  ...(taints && { spec: { taints } }),
});

describe('DaemonSet', () => {
  let world: World;
  const set = () => world.get(daemonSets, 'shop', 'logs')!;
  const active = () => world.list(pods).filter(isActive);
  const on = () => active().map(nodeOf).sort();
  const edit = (change: (spec: DaemonSetSpec) => void) =>
    world.update(daemonSets, set(), (next) => {
      change(next.spec!);
    });
  const newImage = (image = 'shop:2') =>
    edit((spec) => {
      spec.template.spec!.containers[0]!.image = image;
    });
  /** Agents do what they are told: pods come up, and those that are to go are gone. */
  const live = () => {
    for (let rounds = 0; rounds < 50; rounds++) {
      world.settle();
      const waiting = world.list(pods).filter((pod) => isTerminating(pod) || (isActive(pod) && !isReady(pod)));
      if (waiting.length === 0) return;
      for (const pod of waiting) isTerminating(pod) ? confirmGone(world, pod) : up(pod);
    }
    throw new Error('it never rests');
  };
  const up = (pod: Pod) => {
    world.update(pods, pod, (next) => {
      next.spec!.nodeName ??= nodeOf(pod);
    });
    reportReady(world, world.get(pods, 'shop', metaOf(pod).name!)!);
  };
  const images = () => active().map(({ spec }) => spec?.containers[0]?.image);

  beforeEach(() => {
    world = new World([daemonSetController]);
    for (const name of ['a', 'b', 'c']) world.create(nodes, nodeNamed(name, { disk: name === 'c' ? 'hdd' : 'ssd' }));
  });

  test('puts one pod on every node, which only that node will do for', () => {
    world.create(daemonSets, setOf());
    live();
    expect(on()).toEqual(['a', 'b', 'c']);
    for (const pod of active()) {
      expect(controllerOf(pod)).toMatchObject({ kind: 'DaemonSet', name: 'logs' });
      expect(metaOf(pod).labels).toMatchObject({ ...labels, 'pod-template-generation': '1' });
      expect(pod.spec?.tolerations).toContainEqual({
        key: 'node.kubernetes.io/unschedulable',
        operator: 'Exists',
        effect: 'NoSchedule',
      });
    }
    expect(set().status).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
      numberMisscheduled: 0,
      observedGeneration: 1,
    });
    expect(world.decide(daemonSetController, 'shop/logs')).toEqual([]);
  });

  test('a node that comes gets its pod, one that goes takes it along', () => {
    world.create(daemonSets, setOf());
    live();
    world.create(nodes, nodeNamed('d'));
    live();
    expect(on()).toEqual(['a', 'b', 'c', 'd']);
    world.delete(nodes, world.get(nodes, undefined, 'a')!);
    live();
    expect(on()).toEqual(['b', 'c', 'd']);
  });

  test('selector, affinity and name say which nodes are meant', () => {
    world.create(daemonSets, setOf({}, { nodeSelector: { disk: 'ssd' } }));
    live();
    expect(on()).toEqual(['a', 'b']);
    world.update(nodes, world.get(nodes, undefined, 'a')!, (node) => {
      metaOf(node).labels = { disk: 'hdd' };
    });
    live();
    expect(on()).toEqual(['b']);
  });

  test('a taint keeps new pods off; one without execution takes them away', () => {
    world.create(nodes, nodeNamed('t', {}, [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]));
    world.create(daemonSets, setOf());
    live();
    expect(on()).toEqual(['a', 'b', 'c']);
    const taint = (name: string, effect: Taint['effect']) =>
      world.update(nodes, world.get(nodes, undefined, name)!, (node) => {
        node.spec = { taints: [{ key: 'gpu', effect }] };
      });
    taint('a', 'NoSchedule');
    taint('b', 'NoExecute');
    live();
    expect(on()).toEqual(['a', 'c']);
    expect(set().status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
  });

  test('pressure, cordons and silence of a node do not', () => {
    world.create(daemonSets, setOf());
    live();
    const keys = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'];
    world.create(
      nodes,
      nodeNamed('d', {}, [
        ...keys.map((key) => ({ key: `node.kubernetes.io/${key}`, effect: 'NoSchedule' as const })),
        { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
      ]),
    );
    live();
    expect(on()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a pod that ended is replaced, after a while and not at once', () => {
    world.create(daemonSets, setOf());
    live();
    const [first] = active();
    reportEnd(world, first!, 'Failed');
    world.settle();
    expect(active()).toHaveLength(2);
    expect(world.takeTranscript().some((line) => line.includes('FailedDaemonPod'))).toBe(false);
    world.advance(10_000);
    live();
    expect(on()).toEqual(['a', 'b', 'c']);
    expect(world.transcript.some((line) => line.includes('FailedDaemonPod'))).toBe(true);
  });

  test('adopts what its selector matches, on its node', () => {
    const pod: Pod = { metadata: { name: 'mine', namespace: 'shop', labels }, spec: { ...podSpec(), nodeName: 'a' } };
    world.create(pods, pod);
    world.create(daemonSets, setOf({ updateStrategy: { type: 'OnDelete' } }));
    live();
    expect(active()).toHaveLength(3);
    expect(controllerOf(world.get(pods, 'shop', 'mine')!)?.uid).toBe(metaOf(set()).uid);
  });

  describe('a new template', () => {
    test('replaces one node after the other', () => {
      world.create(daemonSets, setOf());
      live();
      newImage();
      world.settle();
      expect(world.list(pods).filter(isTerminating)).toHaveLength(1);
      live();
      expect(images()).toEqual(['shop:2', 'shop:2', 'shop:2']);
      expect(set().status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
    });

    test('waits while a new pod does not come up', () => {
      world.create(daemonSets, setOf());
      live();
      newImage('broken');
      world.settle();
      for (const pod of world.list(pods).filter(isTerminating)) confirmGone(world, pod);
      world.settle();
      expect(images().sort()).toEqual(['broken', 'shop:1', 'shop:1']);
    });

    test('with OnDelete only where somebody removes the old pod', () => {
      world.create(daemonSets, setOf({ updateStrategy: { type: 'OnDelete' } }));
      live();
      newImage();
      live();
      expect(images()).toEqual(['shop:1', 'shop:1', 'shop:1']);
      world.delete(pods, active()[0]!);
      live();
      expect(images().sort()).toEqual(['shop:1', 'shop:1', 'shop:2']);
    });

    test('with a surge comes up beside the old pod first', () => {
      const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
      world.create(daemonSets, setOf({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
      live();
      newImage();
      world.settle();
      expect(images().sort()).toEqual(['shop:1', 'shop:1', 'shop:1', 'shop:2']);
      live();
      expect(images()).toEqual(['shop:2', 'shop:2', 'shop:2']);
    });

    test('has a revision; going back makes the old one the newest', () => {
      world.create(daemonSets, setOf());
      live();
      newImage();
      live();
      newImage('shop:1');
      live();
      const revisions = world.list(controllerRevisions).sort((a, b) => a.revision - b.revision);
      expect(revisions.map(({ revision }) => revision)).toEqual([2, 3]);
      expect(revisions[1]?.data).toMatchObject({
        spec: { template: { $patch: 'replace', spec: { containers: [{ image: 'shop:1' }] } } },
      });
      expect(images()).toEqual(['shop:1', 'shop:1', 'shop:1']);
    });

    test('of old ones as many are kept as the limit says', () => {
      world.create(daemonSets, setOf({ revisionHistoryLimit: 1 }));
      for (const image of ['shop:2', 'shop:3', 'shop:4']) {
        live();
        newImage(image);
      }
      live();
      expect(world.list(controllerRevisions)).toHaveLength(2);
    });
  });

  test('whatever happens: never more nodes down than allowed by its own doing, and in the end all are up to date', () => {
    const act = fc.constantFrom('image', 'up', 'gone', 'step', 'step', 'step', 'crash', 'node', 'lose');
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (acts, maxUnavailable) => {
        world = new World([daemonSetController], 7);
        for (let i = 0; i < 5; i++) world.create(nodes, nodeNamed(`n${i}`));
        const rollingUpdate = { maxUnavailable, maxSurge: 0 };
        world.create(daemonSets, setOf({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
        live();
        let [images_, lost, more] = [1, 0, 0];
        for (const what of acts) {
          const all = world.list(pods);
          const pick = (list: Pod[]) => list[world.rng.int(Math.max(1, list.length))];
          const unready = pick(all.filter((pod) => isActive(pod) && !isReady(pod)));
          const leaving = pick(all.filter(isTerminating));
          if (what === 'image') newImage(`shop:${++images_}`);
          if (what === 'up' && unready) up(unready);
          if (what === 'gone' && leaving) confirmGone(world, leaving);
          if (what === 'step') world.step(world.rng.int(3));
          if (what === 'crash') world.stepAndCrash(world.rng.int(3));
          if (what === 'node') world.create(nodes, nodeNamed(`x${more++}`));
          const victim = pick(active().filter(isReady));
          if (what === 'lose' && victim && lost++ < 2) world.delete(pods, victim);
          const ready = active().filter(isReady).length;
          expect(ready).toBeGreaterThanOrEqual(5 - maxUnavailable - lost);
        }
        live();
        expect(new Set(images())).toEqual(new Set([`shop:${images_}`].map((one) => (images_ === 1 ? 'shop:1' : one))));
        expect(active()).toHaveLength(5 + more);
        expect(world.decide(daemonSetController, 'shop/logs')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
