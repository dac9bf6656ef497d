import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALM, judgePressure, type PressureRules, type PressureState } from './pressure.ts';
import { type Candidate, evictionOrder } from './ranking.ts';
import type { Signals } from './signals.ts';
import { DEFAULT_THRESHOLDS, type Signal } from './thresholds.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const left = (available: number, signal: Signal = 'memory.available', capacity = 8 * GIB): Signals =>
  new Map([[signal, { available, capacity }]]);
const rules: PressureRules = { thresholds: DEFAULT_THRESHOLDS, transitionMs: 60_000 };
const soft: PressureRules = {
  thresholds: [{ signal: 'memory.available', amount: GIB, graceMs: 30_000 }],
  transitionMs: 60_000,
};

/** Looks at the times given (s), one after the other. */
function looks(by: PressureRules, ...seen: readonly (readonly [number, Signals])[]) {
  let state: PressureState = CALM;
  return seen.map(([atS, signals]) => {
    const verdict = judgePressure(state, signals, by, atS * 1000);
    state = verdict.state;
    return `${[...verdict.pressures.keys()].join()}${verdict.urgent.length > 0 ? ' act' : ''}${verdict.near ? ' near' : ''}`;
  });
}

describe('pressure', () => {
  test('a hard threshold calls for action at once; the condition outlasts it', () => {
    const plenty = left(4 * GIB);
    const little = left(50 * MIB);
    expect(looks(rules, [0, plenty], [10, little], [20, plenty], [69, plenty], [70, plenty])).toEqual([
      '',
      'MemoryPressure act near',
      'MemoryPressure',
      'MemoryPressure',
      '',
    ]);
  });

  test('a soft one waits for its grace, which begins anew after each relief', () => {
    const [low, fine] = [left(500 * MIB), left(3 * GIB)];
    expect(looks(soft, [0, low], [29, low], [30, low], [31, fine], [32, low], [62, low])).toEqual([
      'MemoryPressure near',
      'MemoryPressure near',
      'MemoryPressure act near',
      'MemoryPressure',
      'MemoryPressure near',
      'MemoryPressure act near',
    ]);
  });

  test('a large disk is not short of room because a tenth of it is a lot; inodes and process ids count too', () => {
    expect(looks(rules, [0, left(20 * GIB, 'nodefs.available', 1000 * GIB)])).toEqual(['']);
    expect(looks(rules, [0, left(5 * GIB, 'nodefs.available', 1000 * GIB)])).toEqual(['DiskPressure act near']);
    expect(looks(rules, [0, left(4, 'imagefs.inodesFree', 100)])).toEqual(['DiskPressure act near']);
    const ids = { ...rules, thresholds: [{ signal: 'pid.available', share: 0.1, graceMs: 0 }] as const };
    expect(looks(ids, [0, left(99, 'pid.available', 1000)])).toEqual(['PIDPressure act near']);
  });

  test('of several, memory is relieved first', () => {
    const both: Signals = new Map([...left(1, 'nodefs.available'), ...left(1)]);
    const { urgent } = judgePressure(CALM, both, rules, 0);
    expect(urgent.map(({ threshold }) => threshold.signal)).toEqual(['memory.available', 'nodefs.available']);
  });

  test('what cannot be seen is not short', () => {
    expect(looks(rules, [0, new Map()])).toEqual(['']);
  });
});

describe('who is evicted first', () => {
  const pod = (uid: string, priority: number, used: number, requested: number): Candidate => ({
    ...{ uid, priority, used, requested },
  });
  const order = (...pods: Candidate[]) => evictionOrder(pods).map(({ uid }) => uid);

  test('bands, then use beyond the request, then priority, then how much beyond', () => {
    expect(
      order(
        pod('production-over', 10_000_000, 900, 0),
        pod('free-within', -1, 10, 20),
        pod('batch-within', 5, 100, 200),
        pod('batch-over-important', 100, 300, 100),
        pod('batch-over', 5, 120, 100),
        pod('batch-far-over', 5, 500, 100),
        pod('monitoring', 950_000_000, 900, 0),
      ),
    ).toEqual([
      'free-within',
      'batch-far-over',
      'batch-over',
      'batch-over-important',
      'batch-within',
      'production-over',
      'monitoring',
    ]);
  });

  test("never the system's own, nor who would help nobody", () => {
    expect(order(pod('critical', 2_000_000_000, 9, 0), pod('idle', 0, 0, 0))).toEqual([]);
  });

  test('production never goes before batch or free, however much it uses', () => {
    const one = fc.record({
      uid: fc.uuid(),
      priority: fc.constantFrom(-5, 0, 100, 1_000_000, 5_000_000, 950_000_000),
      used: fc.nat(1000),
      requested: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(one), (pods) => {
        const production = evictionOrder(pods).map(({ priority }) => priority >= 1_000_000);
        expect(production).toEqual([...production].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });
});
