import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cell } from '../cell.ts';
import { type Demand, demandOf } from '../resources.ts';
import { type Fit, type ScoringPolicy, scoringPolicies } from './scoring.ts';

const { Pack, Spread, Balanced } = scoringPolicies;
const POLICIES = Object.values(scoringPolicies);
const GPU = 'nvidia.com/gpu';

/** Whole units: cores, bytes, devices. */
interface Amounts {
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  readonly pods?: number;
}
interface Machine {
  readonly has: Amounts;
  readonly used?: Amounts;
}

const listOf = ({ cpu = 0, memory = 0, gpu = 0, pods }: Amounts): Record<string, string> => ({
  cpu: String(cpu),
  memory: String(memory),
  ...(gpu > 0 && { [GPU]: String(gpu) }),
  ...(pods !== undefined && { pods: String(pods) }),
});

/** Of a resource list as it stands: `demandOf` would count one pod whatever `pods` says. */
function exactly(cell: Cell, amounts: Amounts): Demand {
  const entries = Object.entries(listOf(amounts)).filter(([, amount]) => amount !== '0');
  const { resources } = cell;
  return {
    ids: entries.map(([name]) => resources.idOf(name)),
    amounts: entries.map(([name, amount]) => resources.amount(name, amount)),
  };
}

/** Slots are the places in the list. */
function cellOf(...machines: readonly Machine[]): Cell {
  const cell = new Cell();
  for (const [slot, { has, used = {} }] of machines.entries()) {
    cell.setNode({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `n${slot}` },
      status: { allocatable: listOf({ pods: 110, ...has }) },
    });
    cell.occupy(`n${slot}`, exactly(cell, used));
  }
  return cell;
}

const demandIn = (cell: Cell, pod: Amounts): Demand => demandOf(listOf(pod), cell.resources);

/** Points of each machine, in order. */
function pointsOf(policy: ScoringPolicy, pod: Amounts, ...machines: readonly Machine[]): number[] {
  const cell = cellOf(...machines);
  const pointsAt = policy.compile(cell, demandIn(cell, pod));
  return machines.map((_, slot) => pointsAt(slot));
}

const HAS_8_32 = { cpu: 8, memory: 32 };
const HAS = { cpu: 64, memory: 256, gpu: 8, pods: 110 };
const upTo = (max: number) => fc.nat(max);
const uses = fc.record({ cpu: upTo(48), memory: upTo(192), gpu: upTo(6), pods: upTo(80) });
const pods = fc.record({ cpu: upTo(16), memory: upTo(64), gpu: upTo(2) });
const machines = fc.record({
  has: fc.record({ cpu: upTo(64), memory: upTo(256), gpu: upTo(8), pods: upTo(110) }),
  used: fc.record({ cpu: upTo(80), memory: upTo(300), gpu: upTo(9), pods: upTo(120) }),
});

describe.each(POLICIES)('$name', (policy) => {
  test('gives 0 to 100 points, whatever the state of the node', () => {
    fc.assert(
      fc.property(machines, pods, (machine, pod) => {
        const [points] = pointsOf(policy, pod, machine);
        expect(points).toBeGreaterThanOrEqual(0);
        expect(points).toBeLessThanOrEqual(100);
      }),
    );
  });

  test('gives equal points to nodes in equal states, however they came about', () => {
    fc.assert(
      fc.property(machines, pods, uses, ({ has, used }, pod, passing) => {
        const cell = cellOf({ has, used }, { has });
        const pointsAt = policy.compile(cell, demandIn(cell, pod));
        pointsAt(1);
        for (const amounts of [passing, used]) cell.occupy('n1', exactly(cell, amounts));
        cell.vacate(1, exactly(cell, passing));
        expect(pointsAt(1)).toBe(pointsAt(0));
      }),
    );
  });

  test('depends on shares only: a machine ten times as large, with ten times as much of everything, is alike', () => {
    fc.assert(
      fc.property(uses, pods, (used, pod) => {
        const tenfold = (amounts: Amounts) =>
          Object.fromEntries(
            Object.entries(amounts).map(([name, amount]) => [name, name === 'pods' ? amount : 10 * amount]),
          );
        const [small] = pointsOf(policy, pod, { has: HAS, used });
        const [large] = pointsOf(policy, tenfold(pod), { has: tenfold(HAS), used: tenfold(used) });
        expect(large).toBe(small);
      }),
    );
  });

  test('gives nothing to a node that has none of what the pod asks for', () => {
    expect(pointsOf(policy, { cpu: 1, gpu: 1 }, { has: { cpu: 8, memory: 32 } })).toEqual([0]);
    expect(pointsOf(policy, { cpu: 1 }, { has: { cpu: 0, memory: 32 } })).toEqual([0]);
  });

  test('hears of resources that come after it was compiled', () => {
    const cell = cellOf({ has: { cpu: 8, memory: 32 } });
    const early = policy.compile(cell, demandIn(cell, { cpu: 2 }));
    early(0);
    cell.setNode({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n0' },
      status: { allocatable: listOf({ cpu: 8, memory: 32, gpu: 4, pods: 110 }) },
    });
    const late = policy.compile(cell, demandIn(cell, { cpu: 2 }));
    expect(early(0)).toBe(late(0));
  });

  test('looks past ephemeral storage and huge pages', () => {
    const cell = cellOf({ has: HAS, used: { cpu: 20 } });
    const bare = demandIn(cell, { cpu: 2 });
    const more = demandOf({ cpu: '2', 'ephemeral-storage': '5Gi', 'hugepages-2Mi': '4Mi' }, cell.resources);
    expect(policy.compile(cell, more)(0)).toBe(policy.compile(cell, bare)(0));
  });
});

/** Adds one unit of one resource to what is used. */
const busier = fc
  .tuple(uses, fc.constantFrom('cpu' as const, 'memory' as const, 'gpu' as const))
  .map(([used, name]) => [used, { ...used, [name]: used[name] + 1 }] as const);

describe('pack', () => {
  test.each<[string, Amounts, Machine, number]>([
    [
      'the mean of cpu and memory, once the pod is there',
      { cpu: 2, memory: 8 },
      { has: { cpu: 8, memory: 32 }, used: { cpu: 4 } },
      50,
    ],
    [
      'and of an extended resource that the pod asks for',
      { cpu: 2, gpu: 1 },
      { has: { cpu: 8, memory: 32, gpu: 4 }, used: { cpu: 2 } },
      25,
    ],
    ['but not of one that it does not ask for', { cpu: 4 }, { has: { cpu: 8, memory: 32, gpu: 4 } }, 25],
    ['without what the node has nothing of', { cpu: 2 }, { has: { cpu: 8 } }, 25],
    ['at most 100', { cpu: 2 }, { has: { cpu: 4, memory: 4 }, used: { cpu: 4, memory: 9 } }, 100],
  ])('%s', (_, pod, machine, points) => {
    expect(pointsOf(Pack, pod, machine)).toEqual([points]);
  });

  test('prefers the fuller node', () => {
    fc.assert(
      fc.property(busier, pods, ([less, more], pod) => {
        const [emptier, fuller] = pointsOf(Pack, pod, { has: HAS, used: less }, { has: HAS, used: more });
        expect(fuller).toBeGreaterThanOrEqual(emptier!);
      }),
    );
    const [emptier, fuller] = pointsOf(Pack, { cpu: 1 }, { has: HAS }, { has: HAS, used: { cpu: 1 } });
    expect(fuller).toBeGreaterThan(emptier!);
  });
});

describe('spread', () => {
  test.each<[string, Amounts, Machine, number]>([
    // (1000^0.5 - 1000^0.25) / 999 = 0.0260255, of which the logarithm to base 10 is -1.58460.
    ['the growth of the cost, as a logarithm', { cpu: 2 }, { has: { cpu: 8 }, used: { cpu: 2 } }, 17.607],
    // Memory: (1000^0.75 - 1000^0.5) / 999 = 0.146352; the mean is 0.0861888.
    ['and its mean', { cpu: 2, memory: 8 }, { has: { cpu: 8, memory: 32 }, used: { cpu: 2, memory: 16 } }, 11.828],
    ['what is not asked for does not count', { cpu: 2 }, { has: HAS_8_32, used: { cpu: 2, memory: 31 } }, 17.607],
    [
      'a pod that asks for nothing wants free places',
      {},
      { has: { ...HAS_8_32, pods: 10 }, used: { cpu: 8, pods: 4 } },
      60,
    ],
    ['far too much in use is no reason to fail', { cpu: 2 }, { has: { cpu: 1 }, used: { cpu: 1000 } }, 0],
  ])('%s', (_, pod, machine, points) => {
    expect(pointsOf(Spread, pod, machine)[0]).toBeCloseTo(points, 2);
  });

  test('prefers the emptier node', () => {
    fc.assert(
      fc.property(busier, pods, ([less, more], pod) => {
        const [emptier, fuller] = pointsOf(Spread, pod, { has: HAS, used: less }, { has: HAS, used: more });
        expect(emptier).toBeGreaterThanOrEqual(fuller!);
      }),
    );
    const [emptier, fuller] = pointsOf(Spread, { cpu: 1 }, { has: HAS }, { has: HAS, used: { cpu: 1 } });
    expect(emptier).toBeGreaterThan(fuller!);
  });

  test('minds the resource that is most used more than the sum', () => {
    const pod = { cpu: 4, memory: 16 };
    const [even, uneven] = pointsOf(
      Spread,
      pod,
      { has: HAS, used: { cpu: 32, memory: 128 } },
      { has: HAS, used: { cpu: 56, memory: 32 } },
    );
    expect(even).toBeGreaterThan(uneven!);
  });

  test('tells an empty node from a full one by a third of the points, whatever the size of the pod', () => {
    for (const cpu of [1, 10, 100]) {
      const has = { cpu: 10_000, memory: 1 };
      const [empty, last] = pointsOf(Spread, { cpu }, { has }, { has, used: { cpu: 10_000 - cpu } });
      expect(empty! - last!).toBeCloseTo((100 / 3) * (1 - cpu / 10_000), 2);
    }
  });
});

describe('balanced', () => {
  test.each<[string, Amounts, Machine, number]>([
    ['all that is left is usable by pods of its shape', { cpu: 1, memory: 4 }, { has: HAS_8_32 }, 90],
    [
      'and a node that is half full is better',
      { cpu: 1, memory: 4 },
      { has: { cpu: 8, memory: 32 }, used: { cpu: 4, memory: 16 } },
      95,
    ],
    ['memory is left over', { cpu: 1, memory: 2 }, { has: HAS_8_32 }, 67.5],
    ['a full resource leaves nothing over', { cpu: 1 }, { has: { cpu: 8, memory: 32 }, used: { memory: 32 } }, 95],
    ['free devices are left over', { cpu: 1, memory: 4 }, { has: { cpu: 8, memory: 32, gpu: 4 } }, 60],
    ['used devices are not', { cpu: 1, memory: 4 }, { has: { cpu: 8, memory: 32, gpu: 4 }, used: { gpu: 4 } }, 93.333],
    [
      'a pod that asks for nothing wants free places',
      {},
      { has: { cpu: 8, memory: 32, pods: 10 }, used: { cpu: 8, pods: 4 } },
      60,
    ],
  ])('%s', (_, pod, machine, points) => {
    expect(pointsOf(Balanced, pod, machine)[0]).toBeCloseTo(points, 2);
  });

  test('of nodes with the same mixture left, prefers the fuller', () => {
    const part = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(part, part, pods, (a, b, pod) => {
        fc.pre(pod.cpu + pod.memory + pod.gpu > 0);
        const filled = (eighths: number) => ({
          has: HAS,
          used: { cpu: 8 * eighths, memory: 32 * eighths, gpu: eighths },
        });
        const [first, second] = pointsOf(Balanced, pod, filled(a), filled(b));
        expect(Math.sign(first! - second!)).toBe(Math.sign(a - b));
      }),
    );
  });

  test('prefers what complements the pod: what it asks most of is what is left most', () => {
    const part = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(part, part, part, part, (little, more, small, large) => {
        fc.pre(little < more && small < large);
        const has = { cpu: 64, memory: 64 };
        const complement = { has, used: { cpu: 8 * little, memory: 8 * more } };
        const likeness = { has, used: { cpu: 8 * more, memory: 8 * little } };
        const [good, bad] = pointsOf(Balanced, { cpu: large, memory: small }, complement, likeness);
        expect(good).toBeGreaterThan(bad!);
      }),
    );
  });

  test('keeps pods that ask for no devices off nodes with free ones, even where those are fuller', () => {
    const used = { cpu: 32, memory: 128 };
    const [plain, idle, busy] = pointsOf(
      Balanced,
      { cpu: 4, memory: 16 },
      { has: { cpu: 64, memory: 256 } },
      { has: HAS, used },
      { has: HAS, used: { ...used, gpu: 8 } },
    );
    expect(plain).toBeGreaterThan(idle!);
    expect(busy).toBeGreaterThan(plain!);
  });
});

test('a fit costs little (printed, not judged)', () => {
  const used = (slot: number) => ({ cpu: slot % 50, memory: (7 * slot) % 200, gpu: slot % 7 });
  const cell = cellOf(...Array.from({ length: 1000 }, (_, slot) => ({ has: HAS, used: used(slot) })));
  const fits = POLICIES.map(
    (policy) => [policy.name, policy.compile(cell, demandIn(cell, { cpu: 2, memory: 8, gpu: 1 }))] as const,
  );
  for (const [, pointsAt] of fits) nanosecondsPerCall(pointsAt);
  const figures = fits.map(([name, pointsAt]) => `${name} ${nanosecondsPerCall(pointsAt).toFixed(0)} ns`);
  console.log(`fit of three resources: ${figures.join(', ')}`);
});

/** Of processor time: others may be at work on the machine. */
function nanosecondsPerCall(pointsAt: Fit): number {
  const rounds = 300;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) for (let slot = 0; slot < 1000; slot++) pointsAt(slot);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}
