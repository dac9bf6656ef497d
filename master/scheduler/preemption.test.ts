import { describe, expect, test } from 'vitest';
import { defaultSchedulingPolicy } from '../../api/stowage/scheduling-policy.ts';
import { Arena, budgetOf, nodeOf, type PodTraits, podOf } from './preemption.fixture.ts';

const FREE = -1_000_000;
const BATCH = 100_000;
const PRODUCTION = 10_000_000;
const MONITORING = 950_000_000;

/** One node of four cores, and who is on it. */
function cellWith(residents: Readonly<Record<string, PodTraits>>, cpu = '4'): Arena {
  const arena = new Arena();
  arena.world.setNode(nodeOf('node', { cpu }));
  for (const [name, traits] of Object.entries(residents)) arena.place(podOf(name, { nodeName: 'node', ...traits }));
  return arena;
}

describe('who may have to go', () => {
  const table: [string, number, PodTraits, boolean][] = [
    ['batch yields to production', PRODUCTION, { priority: BATCH }, true],
    ['free yields to production', PRODUCTION, { priority: FREE }, true],
    ['production yields to monitoring', MONITORING, { priority: PRODUCTION }, true],
    ['less production does not yield to production', PRODUCTION, { priority: PRODUCTION - 1 }, false],
    ['less monitoring does not yield to monitoring', MONITORING, { priority: MONITORING - 1 }, false],
    ['less batch yields to batch', BATCH, { priority: 0 }, true],
    ['equal batch does not yield', BATCH, { priority: BATCH }, false],
    ['more batch does not yield', 0, { priority: BATCH }, false],
    ['free yields to batch', 0, { priority: FREE }, true],
    ['less free does not yield to free', FREE, { priority: FREE - 1 }, false],
    ['production does not yield to batch', BATCH, { priority: PRODUCTION }, false],
    ['who leaves is waited for, whoever it is', FREE, { priority: MONITORING, leaving: true }, true],
  ];
  for (const [name, priority, resident, yields] of table)
    test(name, () => {
      const arena = cellWith({ resident: { cpu: '4', ...resident } });
      expect(arena.find(podOf('pod', { cpu: '1', priority }))).toBe(yields ? 'node: resident' : undefined);
    });

  test('nobody, for a pod that never preempts', () => {
    const arena = cellWith({ resident: { cpu: '4', priority: FREE } });
    const never = podOf('pod', { cpu: '1', priority: PRODUCTION, spec: { preemptionPolicy: 'Never' } });
    expect(arena.find(never)).toBeUndefined();
    expect(arena.preemption.mayFind(arena.pending(never))).toBe(false);
  });

  test('nobody on a node whose own constraints refuse the pod', () => {
    const arena = new Arena();
    arena.world.setNode(nodeOf('cordoned', { cpu: '4' }, { spec: { unschedulable: true } }));
    arena.place(podOf('resident', { cpu: '4', priority: FREE, nodeName: 'cordoned' }));
    expect(arena.find(podOf('pod', { cpu: '1', priority: PRODUCTION }))).toBeUndefined();
  });

  test('another policy counts at once', () => {
    const arena = cellWith({ resident: { cpu: '4', priority: PRODUCTION - 1 } });
    const pod = podOf('pod', { cpu: '1', priority: PRODUCTION });
    expect(arena.find(pod)).toBeUndefined();
    const policy = defaultSchedulingPolicy();
    const bands = policy.bands.map((band) => (band.name === 'production' ? { ...band, preemptsWithin: true } : band));
    arena.templates.setPolicy({ ...policy, bands });
    expect(arena.find(pod)).toBe('node: resident');
  });

  test('on the pinned node only', () => {
    const arena = new Arena();
    for (const name of ['a', 'b']) {
      arena.world.setNode(nodeOf(name, { cpu: '4' }));
      arena.place(podOf(`on-${name}`, { cpu: '4', nodeName: name, priority: name === 'a' ? FREE : BATCH }));
    }
    const pinned = (name: string) => ({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [name] }] }],
        },
      },
    });
    const pod = podOf('pod', { cpu: '1', priority: PRODUCTION, spec: { affinity: pinned('b') } });
    expect(arena.pending(pod).pins).toEqual(['b']);
    expect(arena.find(pod)).toBe('b: on-b');
    const lost = podOf('lost', { cpu: '1', priority: PRODUCTION, spec: { affinity: pinned('elsewhere') } });
    expect(arena.find(lost)).toBeUndefined();
  });
});

describe('which of them', () => {
  const pod = podOf('pod', { cpu: '2', priority: PRODUCTION });

  test('the more important band stays', () => {
    const arena = cellWith({ batch: { cpu: '2', priority: 0 }, free: { cpu: '2', priority: FREE } });
    expect(arena.find(pod)).toBe('node: free');
  });

  test('the higher priority stays', () => {
    const arena = cellWith({ low: { cpu: '2', priority: 1 }, high: { cpu: '2', priority: 2 } });
    expect(arena.find(pod)).toBe('node: low');
  });

  test('who started first stays; who has not started yet goes first', () => {
    const arena = cellWith({ old: { cpu: '2', started: 1 }, young: { cpu: '2', started: 2 } });
    expect(arena.find(pod)).toBe('node: young');
    const waiting = cellWith({ running: { cpu: '2', started: 9 }, waiting: { cpu: '2' } });
    expect(waiting.find(pod)).toBe('node: waiting');
  });

  test('whose going would break a budget stays, even before a higher priority, but not before a band', () => {
    const arena = cellWith({
      covered: { cpu: '2', priority: 1, labels: { app: 'db' } },
      high: { cpu: '2', priority: 2 },
    });
    arena.budgets.set(budgetOf('db', { app: 'db' }, 0));
    expect(arena.find(pod)).toBe('node: high');
    arena.budgets.set(budgetOf('db', { app: 'db' }, 1));
    expect(arena.find(pod)).toBe('node: covered');
    arena.budgets.set(budgetOf('db', { app: 'db' }, 0));
    expect(arena.find(pod)).toBe('node: high');
    arena.budgets.remove('default', 'db');
    expect(arena.find(pod)).toBe('node: covered');
    const bands = cellWith({ free: { cpu: '2', priority: FREE, labels: { app: 'db' } }, batch: { cpu: '2' } });
    bands.budgets.set(budgetOf('db', { app: 'db' }, 0));
    expect(bands.find(pod)).toBe('node: free');
  });

  test('no more than have to: small ones stay where one large one is enough', () => {
    const arena = cellWith({
      large: { cpu: '2', priority: 1 },
      small: { cpu: '1', priority: 0 },
      tiny: { cpu: '1', priority: 0 },
    });
    expect(arena.find(podOf('pod', { cpu: '2', priority: PRODUCTION }))).toBe('node: small tiny');
    expect(arena.find(podOf('bigger', { cpu: '3', priority: PRODUCTION }))).toBe('node: large tiny');
  });

  test('whoever holds the port goes, whatever its importance among those who may', () => {
    const ports = { containers: [{ name: 'main', image: 'app', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    const arena = cellWith({ free: { priority: FREE }, holder: { priority: BATCH, spec: ports } });
    expect(arena.find(podOf('pod', { priority: PRODUCTION, spec: ports }))).toBe('node: holder');
  });

  test('whoever keeps the pod away goes', () => {
    const labels = { app: 'web' };
    const keepsAway = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
          ],
        },
      },
    };
    const owner = cellWith({ free: { priority: FREE }, owner: { priority: BATCH, spec: keepsAway } });
    expect(owner.find(podOf('pod', { priority: PRODUCTION, labels }))).toBe('node: owner');
    const meant = cellWith({ free: { priority: FREE }, meant: { priority: BATCH, labels } });
    expect(meant.find(podOf('pod', { priority: PRODUCTION, spec: keepsAway }))).toBe('node: meant');
  });

  test('held places of less important pods are given up; others are not', () => {
    const arena = cellWith({});
    arena.hold(podOf('holder', { cpu: '4', priority: PRODUCTION - 1 }), 'node');
    expect(arena.find(podOf('equal', { cpu: '1', priority: PRODUCTION - 1 }))).toBeUndefined();
    expect(arena.find(podOf('batch', { cpu: '1', priority: BATCH }))).toBeUndefined();
    expect(arena.find(podOf('more', { cpu: '1', priority: PRODUCTION }))).toBe('node: holder');
  });

  test('who is leaving is waited for rather than that another has to go, and not longer than needed', () => {
    const arena = cellWith({
      leaving: { cpu: '2', priority: PRODUCTION, leaving: true },
      free: { cpu: '2', priority: FREE },
    });
    expect(arena.find(pod)).toBe('node: leaving');
    expect(arena.find(podOf('bigger', { cpu: '3', priority: PRODUCTION }))).toBe('node: free leaving');
    const evicted = cellWith({ told: { cpu: '2', priority: BATCH }, free: { cpu: '2', priority: FREE } });
    evicted.evicted.add('told');
    expect(evicted.find(pod)).toBe('node: told');
  });
});

describe('which node', () => {
  /** Two nodes of four cores that differ in who is on them; the first is told of first. */
  function choose(one: Readonly<Record<string, PodTraits>>, two: Readonly<Record<string, PodTraits>>, allowed = 0) {
    const arena = new Arena();
    arena.budgets.set(budgetOf('db', { app: 'db' }, allowed));
    for (const [node, residents] of Object.entries({ one, two })) {
      arena.world.setNode(nodeOf(node, { cpu: '4' }));
      for (const [name, traits] of Object.entries(residents))
        arena.place(podOf(name, { cpu: '4', nodeName: node, ...traits }));
    }
    return arena.find(podOf('pod', { cpu: '2', priority: PRODUCTION }));
  }
  const db = { app: 'db' };

  test('where nobody has to be told to go', () => {
    expect(choose({ a: { priority: FREE } }, { b: { leaving: true } })).toBe('two: b');
  });
  test('then by the most important band of the victims', () => {
    expect(choose({ a: { priority: 0 } }, { b: { priority: FREE, labels: db } })).toBe('two: b');
  });
  test('then by broken budgets', () => {
    expect(choose({ a: { priority: 1, labels: db } }, { b: { priority: 2 } })).toBe('two: b');
    expect(choose({ a: { priority: 1, labels: db } }, { b: { priority: 2 } }, 1)).toBe('one: a');
  });
  test('then by the highest priority among them', () => {
    expect(choose({ a: { priority: 2 } }, { b: { priority: 1 } })).toBe('two: b');
  });
  test('then by waste', () => {
    expect(choose({ a: { cpu: '4' } }, { b: { cpu: '2' }, stays: { cpu: '2', priority: PRODUCTION } })).toBe('two: b');
  });
  test('then by who started last', () => {
    expect(choose({ a: { started: 1 } }, { b: { started: 2 } })).toBe('two: b');
    expect(choose({ a: { started: 1 } }, { b: {} })).toBe('two: b');
  });
  test('as soon as a budget allows more, or less', () => {
    const arena = new Arena();
    for (const [node, traits] of Object.entries({ one: { priority: 1, labels: db }, two: { priority: 2 } })) {
      arena.world.setNode(nodeOf(node, { cpu: '4' }));
      arena.place(podOf(`on-${node}`, { cpu: '4', nodeName: node, ...traits }));
    }
    const pod = podOf('pod', { cpu: '2', priority: PRODUCTION });
    expect(arena.find(pod)).toBe('one: on-one');
    for (const [allowed, best] of [
      [0, 'two: on-two'],
      [1, 'one: on-one'],
      [0, 'two: on-two'],
    ] as const) {
      arena.budgets.set(budgetOf('db', db, allowed));
      expect(arena.find(pod)).toBe(best);
    }
    arena.budgets.remove('default', 'db');
    expect(arena.find(pod)).toBe('one: on-one');
  });
  test('by what really has to go, not by what resources alone would ask for', () => {
    const arena = new Arena();
    for (const name of ['one', 'two']) arena.world.setNode(nodeOf(name, { cpu: '4' }));
    arena.place(podOf('half', { cpu: '2', nodeName: 'one', started: 1 }));
    arena.place(podOf('rest', { cpu: '2', nodeName: 'one', priority: PRODUCTION }));
    arena.place(podOf('foe', { cpu: '1', nodeName: 'two', started: 1, labels: db }));
    arena.place(podOf('large', { cpu: '3', nodeName: 'two', started: 2 }));
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: db } };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    expect(arena.find(podOf('neutral', { cpu: '1', priority: PRODUCTION }))).toBe('one: half');
    expect(arena.find(podOf('pod', { cpu: '1', priority: PRODUCTION, spec: { affinity } }))).toBe('two: foe');
  });
  test('then by the order of the nodes', () => {
    expect(choose({ a: {} }, { b: {} })).toBe('one: a');
  });
});

test('a failed search is not repeated until there is relief', () => {
  const arena = cellWith({ resident: { cpu: '4', priority: PRODUCTION } });
  const pending = arena.pending(podOf('pod', { cpu: '1', priority: PRODUCTION }));
  expect(arena.preemption.find(pending)).toBeUndefined();
  let asked = 0;
  const { shape } = pending;
  const admitsNode = shape.admitsNode.bind(shape);
  shape.admitsNode = (slot) => {
    asked++;
    return admitsNode(slot);
  };
  for (let time = 0; time < 100; time++) expect(arena.preemption.find(pending)).toBeUndefined();
  expect(asked).toBe(0);
  arena.remove('resident');
  arena.place(podOf('less', { cpu: '4', priority: BATCH, nodeName: 'node' }));
  expect(arena.preemption.find(pending)?.victims.map(({ uid }) => uid)).toEqual(['less']);
});

test('who was waited for in vain counts as staying', () => {
  const arena = cellWith({ leaving: { cpu: '4', leaving: true } });
  const pod = podOf('pod', { cpu: '1', priority: PRODUCTION });
  expect(arena.find(pod)).toBe('node: leaving');
  arena.preemption.giveUpOn(arena.world.residents(0)[0]!);
  arena.world.cell.touch(0);
  expect(arena.find(pod)).toBeUndefined();
});
