import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { BANDS, type Band, bandOf } from '../../../api/scheduling/bands.ts';
import type { Change } from '../../store/cache.ts';
import { bandCounting, usedInBand } from './band-usage.ts';
import { UsageBook } from './usage-book.ts';

/** What may happen to the pod of one name. A new uid: the old one went and another came, told as one change. */
interface Step {
  readonly name: string;
  readonly type: 'put' | 'end' | 'status' | 'replace' | 'delete';
  readonly namespace: string;
  readonly priority: number;
  readonly cpu: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  type: fc.constantFrom('put', 'end', 'status', 'replace', 'delete'),
  namespace: fc.constantFrom('x', 'y'),
  priority: fc.constantFrom(-5, 0, 7, 1_000_000, 950_000_000),
  cpu: fc.nat(4000),
});

const podOf = ({ name, namespace, priority, cpu }: Step, uid: string, generation: number): Pod => ({
  metadata: { name, namespace, uid, generation },
  spec: { priority, containers: [{ name: 'main', image: 'a:1', resources: { requests: { cpu: `${cpu}m` } } }] },
  status: { phase: 'Running' },
});

/** The pod after the step; undefined when it is gone. */
function after(current: Pod | undefined, next: Step, order: number): Pod | undefined {
  if (next.type === 'delete') return undefined;
  if (!current || next.type === 'replace') return podOf(next, `uid-${order}`, 1);
  const { uid = '', generation = 0 } = current.metadata ?? {};
  if (next.type === 'put') return podOf({ ...next, namespace: current.metadata?.namespace ?? '' }, uid, generation + 1);
  return { ...current, status: { phase: next.type === 'end' ? 'Failed' : (current.status?.phase ?? 'Running') } };
}

/** The same from scratch. */
function counted(all: Iterable<Pod>, namespace: string, band: Band): [number, number] {
  const found = [...all].filter(
    ({ metadata, spec, status }) =>
      metadata?.namespace === namespace && bandOf(spec?.priority) === band && status?.phase === 'Running',
  );
  const cpu = found.map(({ spec }) => Number.parseInt(spec?.containers[0]?.resources?.requests?.cpu ?? '0', 10));
  return [found.length, cpu.reduce((sum, each) => sum + each, 0)];
}

test('after any changes, the sums are those of the pods that are there and have not ended', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const usage = new UsageBook(bandCounting);
      const present = new Map<string, Pod>();
      for (const [order, next] of steps.entries()) {
        const previous = present.get(next.name);
        const object = after(previous, next, order);
        if (object) present.set(next.name, object);
        else present.delete(next.name);
        const type = object ? (previous ? 'modified' : 'added') : 'deleted';
        const told = object ?? previous;
        if (told) usage.apply({ type, object: told, previous, revision: order } satisfies Change<Pod>);
      }
      for (const namespace of ['x', 'y'])
        for (const { name: band } of BANDS) {
          const used = usedInBand(usage, namespace, band, BANDS);
          expect([used.get('pods') ?? 0, used.get('cpu') ?? 0]).toEqual(counted(present.values(), namespace, band));
        }
    }),
  );
});

test('only what changes the sums makes a difference', () => {
  const usage = new UsageBook(bandCounting);
  const make = (phase: 'Running' | 'Succeeded', generation = 1): Pod => ({
    ...podOf({ name: 'a', type: 'put', namespace: 'x', priority: 0, cpu: 1 }, 'u', generation),
    status: { phase },
  });
  const [running, rebound, ended] = [make('Running'), make('Running', 3), make('Succeeded')];
  const apply = (type: Change['type'], object: Pod, previous?: Pod) =>
    usage.apply({ type, object, previous, revision: 1 });
  expect(apply('added', running)).toBe(true);
  expect(apply('modified', make('Running'), running)).toBe(false);
  const bound = {
    ...running,
    metadata: { ...running.metadata, generation: 2 },
    spec: { ...running.spec!, nodeName: 'n' },
  };
  expect(apply('modified', bound, running)).toBe(false);
  expect(apply('modified', rebound, bound)).toBe(true);
  expect(apply('modified', ended, rebound)).toBe(true);
  expect(apply('deleted', ended, ended)).toBe(false);
  expect(usedInBand(usage, 'x', 'batch', BANDS).size).toBe(0);
});
