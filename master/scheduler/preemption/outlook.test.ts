import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { Arena, nodeOf, podOf } from '../preemption.fixture.ts';
import { claim, csiNode, volume } from '../volumes/storage.fixture.ts';

const PRODUCTION = 10_000_000;
const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const NODES = 30;
/** For one node: with both of its pods out, and with each of them back. The node found is looked at once more. */
const QUESTIONS = 3;
const WEB = { app: 'web' };

const avoiding = (topologyKey: string): Partial<PodSpec> => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: WEB } }],
    },
  },
});
const evenOver = (topologyKey: string): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { topologyKey, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: WEB } },
  ],
});

/** Nodes in three zones, each full of two pods of which the less important one is a `web`. */
function fullCell(): Arena {
  const arena = new Arena();
  for (let index = 0; index < NODES; index++) {
    const nodeName = `node-${index}`;
    arena.world.setNode(nodeOf(nodeName, { cpu: '4' }, { metadata: { labels: { [ZONE]: `${index % 3}` } } }));
    arena.place(podOf(`web-${index}`, { cpu: '2', nodeName, labels: WEB, started: 2 }));
    arena.place(podOf(`db-${index}`, { cpu: '2', nodeName, labels: { app: 'db' }, started: 1 }));
  }
  return arena;
}

/** How often constraints were asked of a slot with its residents in and out. */
function questionsOf(arena: Arena, pod: Pod): () => number {
  const { shape } = arena.pending(pod);
  const admitsNow = shape.admitsNow.bind(shape);
  let asked = 0;
  shape.admitsNow = (slot) => {
    asked++;
    return admitsNow(slot);
  };
  return () => {
    const count = asked;
    asked = 0;
    return count;
  };
}

describe('a search after some change', () => {
  const cases: [string, Partial<PodSpec>][] = [
    ['anti-affinity by machine', avoiding(HOSTNAME)],
    ['spread over zones', evenOver(ZONE)],
    ['spread over machines', evenOver(HOSTNAME)],
  ];
  for (const [name, spec] of cases)
    test(`looks at no other node when it is nothing to the pod: ${name}`, () => {
      const arena = fullCell();
      const pod = podOf('pod', { cpu: '1', priority: PRODUCTION, spec });
      const questions = questionsOf(arena, pod);
      const first = arena.find(pod);
      expect(first).toBeDefined();
      expect(questions(), 'all nodes are entangled').toBeGreaterThanOrEqual((NODES - 1) * QUESTIONS);
      arena.remove('db-20');
      arena.place(podOf('other', { cpu: '2', nodeName: 'node-20', labels: { app: 'db' }, started: 1 }));
      expect(arena.find(pod)).toBe(first);
      expect(questions()).toBeLessThanOrEqual(2 * QUESTIONS);
    });

  test('looks at one node when only its own pods are others', () => {
    const arena = fullCell();
    const pod = podOf('pod', { cpu: '1', priority: PRODUCTION, spec: avoiding(HOSTNAME) });
    expect(arena.find(pod)).toBe('node-0: web-0');
    const questions = questionsOf(arena, pod);
    arena.place(podOf('second', { nodeName: 'node-0', labels: WEB, priority: 1, started: 2 }));
    expect(arena.find(pod)).toBe('node-1: web-1');
    expect(questions()).toBeLessThanOrEqual(2 * QUESTIONS + 1);
  });

  test('looks at all that are entangled when what happened bears on them', () => {
    const arena = fullCell();
    const pod = podOf('pod', { cpu: '1', priority: PRODUCTION, labels: WEB, spec: evenOver(ZONE) });
    expect(arena.find(pod)).toBe('node-0: web-0');
    // One of the first zone's is gone: there is room for one more web even if none of its goes.
    arena.place(podOf('web-0', { cpu: '2', nodeName: 'node-0', labels: { app: 'db' }, started: 2 }));
    const questions = questionsOf(arena, pod);
    expect(arena.find(pod)).toBe(arena.find(pod, arena.fresh()));
    expect(questions()).toBeGreaterThanOrEqual((NODES - 1) * QUESTIONS);
  });

  test('asks of nodes that are not entangled only the best', () => {
    const arena = fullCell();
    const spec = { affinity: avoiding(ZONE).affinity };
    for (let index = 0; index < NODES; index++)
      arena.place(podOf(`web-${index}`, { cpu: '2', nodeName: `node-${index}` }));
    arena.place(podOf('foe', { nodeName: 'node-0', labels: WEB, priority: PRODUCTION }));
    const { shape } = arena.pending(podOf('pod', { cpu: '1', priority: PRODUCTION, spec }));
    const admitsButForRoom = shape.admitsButForRoom.bind(shape);
    const asked: number[] = [];
    shape.admitsButForRoom = (slot) => {
      asked.push(slot);
      return admitsButForRoom(slot);
    };
    expect(arena.find(podOf('pod', { cpu: '1', priority: PRODUCTION, spec }))).toBe('node-1: web-1');
    expect(asked.length).toBeLessThan(NODES / 2);
  });
});

describe('what is remembered of a node', () => {
  test('is found anew when one of its pods turns out to have started at another time', () => {
    const arena = new Arena();
    arena.world.setNode(nodeOf('node', { cpu: '4' }));
    for (const [name, started] of Object.entries({ a: 1, b: 2 }))
      arena.place(podOf(name, { cpu: '2', nodeName: 'node', started }));
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION });
    expect(arena.find(pod)).toBe('node: b');
    arena.start('a', 3);
    expect(arena.find(pod)).toBe('node: a');
  });

  test('is found anew when another node leaves its domain', () => {
    const arena = new Arena();
    const nodeIn = (name: string, rack: string) => nodeOf(name, { cpu: '4' }, { metadata: { labels: { rack } } });
    arena.world.setNode(nodeIn('here', 'rack-1'));
    arena.world.setNode(nodeIn('there', 'rack-1'));
    arena.place(podOf('web', { cpu: '4', nodeName: 'here', labels: WEB }));
    arena.place(podOf('foe', { cpu: '4', nodeName: 'there', labels: WEB, priority: PRODUCTION }));
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION, spec: avoiding('rack') });
    expect(arena.find(pod)).toBeUndefined();
    arena.world.setNode(nodeIn('there', 'rack-2'));
    expect(arena.find(pod)).toBe('here: web');
  });
});

describe('whoever is in the way of a volume', () => {
  const withVolume = (source: object): Partial<PodSpec> => ({ volumes: [{ name: 'data', ...source }] });
  const claiming = (claimName: string) => withVolume({ persistentVolumeClaim: { claimName } });

  test('goes for the same disk, though a less important one would make room', () => {
    const arena = new Arena();
    arena.world.setNode(nodeOf('node', { cpu: '4' }));
    const disk = withVolume({ gcePersistentDisk: { pdName: 'disk' } });
    arena.place(podOf('user', { cpu: '2', nodeName: 'node', priority: 1, spec: disk }));
    arena.place(podOf('less', { cpu: '2', nodeName: 'node' }));
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION, spec: disk });
    expect(arena.find(podOf('plain', { cpu: '2', priority: PRODUCTION }))).toBe('node: less');
    expect(arena.find(pod)).toBe('node: user');
    arena.remove('user');
    arena.place(podOf('user', { cpu: '2', nodeName: 'node', priority: PRODUCTION, spec: disk }));
    expect(arena.find(pod)).toBeUndefined();
  });

  test('goes where no more can be attached, as soon as there is such a limit', () => {
    const arena = new Arena();
    const { volumes } = arena.world;
    for (const name of ['mine', 'theirs']) {
      volumes.setVolume(volume(`pv-${name}`, { claimName: name, driver: 'disks' }));
      volumes.setClaim(claim(name, { volumeName: `pv-${name}` }));
    }
    arena.world.setNode(nodeOf('node', { cpu: '4' }));
    arena.place(podOf('user', { cpu: '2', nodeName: 'node', priority: 1, spec: claiming('theirs') }));
    arena.place(podOf('less', { cpu: '2', nodeName: 'node' }));
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION, spec: claiming('mine') });
    expect(arena.find(pod)).toBe('node: less');
    arena.world.setCsiNode(csiNode('node', { disks: 1 }));
    expect(arena.find(pod)).toBe('node: user');
    arena.world.setCsiNode(csiNode('node', { disks: 2 }));
    expect(arena.find(pod)).toBe('node: less');
  });

  test('goes as soon as its own volume is known to count', () => {
    const arena = new Arena();
    const { volumes } = arena.world;
    volumes.setVolume(volume('pv-mine', { claimName: 'mine', driver: 'disks' }));
    volumes.setClaim(claim('mine', { volumeName: 'pv-mine' }));
    arena.world.setNode(nodeOf('node', { cpu: '4' }));
    arena.world.setCsiNode(csiNode('node', { disks: 1 }));
    arena.place(podOf('user', { cpu: '2', nodeName: 'node', priority: 1, spec: claiming('theirs') }));
    arena.place(podOf('less', { cpu: '2', nodeName: 'node' }));
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION, spec: claiming('mine') });
    expect(arena.find(pod)).toBe('node: less');
    volumes.setClaim(claim('theirs', { volumeName: 'pv-theirs' }));
    volumes.setVolume(volume('pv-theirs', { claimName: 'theirs', driver: 'disks' }));
    expect(arena.find(pod)).toBe('node: user');
  });
});
