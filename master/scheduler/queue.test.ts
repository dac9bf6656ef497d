import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, type Prospect, SchedulingQueue } from './queue.ts';

const entry = (uid: string, traits: Partial<Entry> = {}): Entry => ({
  uid,
  namespace: 'a',
  priority: 0,
  sequence: Number(uid),
  ...traits,
});

interface Answer {
  possible: boolean;
  asked: number;
}

const prospect = (key: string, answer: Answer, traits: Partial<Prospect> = {}): Prospect => ({
  key,
  isSociable: false,
  isPossible() {
    answer.asked++;
    return answer.possible;
  },
  ...traits,
});

const RELIEF = { relieved: ['some-node'] };
const ARRIVAL = { relieved: [] };

/** Takes and serves whoever is next until nobody is. */
function serveAll(queue: SchedulingQueue<Entry>): string[] {
  const order: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) {
    order.push(next.uid);
    queue.served(next);
    queue.remove(next.uid);
  }
  return order;
}

describe('who is next', () => {
  test('the highest priority; then namespaces in turn; then first come, first served', () => {
    const queue = new SchedulingQueue<Entry>();
    const arrivals = [
      entry('1'),
      entry('2'),
      entry('3'),
      entry('4', { namespace: 'b' }),
      entry('5', { namespace: 'b', priority: 9 }),
      entry('6', { namespace: 'c' }),
      entry('7', { namespace: 'b' }),
    ];
    for (const arrival of arrivals) queue.add(arrival);
    expect(serveAll(queue)).toEqual(['5', '1', '6', '4', '2', '7', '3']);
  });

  test('whoever comes back has the place of old', () => {
    const queue = new SchedulingQueue<Entry>();
    for (const uid of ['1', '2', '3']) queue.add(entry(uid));
    queue.delay(entry('1'), 50);
    expect(queue.next()?.uid).toBe('2');
    queue.ripen(50);
    expect(serveAll(queue)).toEqual(['1', '2', '3']);
  });

  test('a namespace whose pods are parked has no less of a turn than one that has new ones', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    for (const uid of ['1', '2']) queue.park(entry(uid, { namespace: 'old' }), prospect('k', answer));
    for (const uid of ['3', '4']) queue.add(entry(uid, { namespace: 'new' }));
    queue.hope(RELIEF);
    expect(serveAll(queue)).toEqual(['1', '3', '2', '4']);
  });
});

describe('parked entries', () => {
  test.each<[string, Partial<Prospect>, { relieved: string[] }, boolean]>([
    ['room somewhere', {}, RELIEF, true],
    ['an arrival, which changes nothing for it', {}, ARRIVAL, false],
    ['an arrival, when those who are there matter to it', { isSociable: true }, ARRIVAL, true],
    ['room on its one node', { pin: 'some-node' }, RELIEF, true],
    ['room on another than its one node', { pin: 'other' }, RELIEF, false],
  ])('are asked after %s', (_, traits, change, isAsked) => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    queue.park(entry('1'), prospect('k', answer, traits));
    expect(queue.next()).toBeUndefined();
    queue.hope(change);
    expect(queue.next()?.uid).toBe(isAsked ? '1' : undefined);
    expect(answer.asked).toBe(isAsked ? 1 : 0);
  });

  test('are asked once for all of a kind, and not while others are before them', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: false, asked: 0 };
    for (let i = 1; i <= 100; i++) queue.park(entry(`${i}`), prospect('k', answer));
    queue.add(entry('500', { priority: 1 }));
    queue.hope(RELIEF);
    expect(queue.next()?.uid).toBe('500');
    expect(answer.asked).toBe(0);
    queue.remove('500');
    expect([queue.next(), queue.next()]).toEqual([undefined, undefined]);
    expect(answer.asked).toBe(1);
  });

  test('that were refused all the same are not asked again until something else happens', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    for (const uid of ['1', '2']) queue.park(entry(uid), prospect('k', answer));
    queue.hope(RELIEF);
    queue.park(queue.next()!, prospect('k', answer));
    expect(queue.next()).toBeUndefined();
    queue.hope(RELIEF);
    expect(queue.next()?.uid).toBe('1');
  });

  test('come in order of arrival across kinds, also when the first of a kind has left', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    for (const uid of ['1', '5']) queue.park(entry(uid), prospect('k', answer));
    for (const uid of ['2', '6']) queue.park(entry(uid), prospect('l', answer));
    queue.hope(RELIEF);
    queue.remove('1');
    expect(serveAll(queue)).toEqual(['2', '5', '6']);
  });

  test('whose last try was costly are not asked before their time, however often the cell changes', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    queue.ripen(1000);
    queue.park(entry('1'), prospect('k', answer, { notBeforeMs: 3000 }));
    expect(queue.nextRipeMs).toBe(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 10; i++) queue.hope(RELIEF);
    expect(queue.next()).toBeUndefined();
    expect(queue.nextRipeMs).toBe(3000);
    queue.ripen(2999);
    expect(queue.next()).toBeUndefined();
    queue.ripen(3000);
    expect(queue.next()?.uid).toBe('1');
    expect(answer.asked).toBe(1);
  });

  test('leave nothing behind', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    for (let i = 0; i < 100; i++) {
      queue.park(entry(`${i}`), prospect(`k${i}`, answer, { pin: 'gone', notBeforeMs: 50 }));
      queue.hope({ relieved: ['gone'] });
      queue.remove(`${i}`);
    }
    expect([queue.size, queue.parkedGroups().length, queue.nextRipeMs]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
    queue.ripen(60);
    expect(queue.next()).toBeUndefined();
    expect(answer.asked).toBe(0);
  });
});

/** The same by sorting everything anew each time. */
class NaiveQueue {
  readonly entries = new Map<string, Entry>();
  readonly parked = new Map<string, string>();
  readonly delayed = new Map<string, number>();
  readonly hopeful = new Set<string>();
  readonly served = new Map<string, number>();
  servings = 0;

  next(isPossible: (key: string) => boolean): Entry | undefined {
    const open = [...this.entries.values()].filter(({ uid }) => {
      const key = this.parked.get(uid);
      return !this.delayed.has(uid) && (key === undefined || (this.hopeful.has(key) && isPossible(key)));
    });
    const turn = ({ namespace }: Entry) => this.served.get(namespace) ?? 0;
    return open.sort((a, b) => b.priority - a.priority || turn(a) - turn(b) || a.sequence - b.sequence)[0];
  }
}

describe('whatever happens', () => {
  const id = fc.nat(40);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('add' as const), id }) },
    fc.record({ type: fc.constant('remove' as const), id }),
    { weight: 3, arbitrary: fc.record({ type: fc.constant('park' as const), id, kind: fc.nat(2) }) },
    fc.record({ type: fc.constant('delay' as const), id, ms: fc.nat(20) }),
    fc.record({ type: fc.constant('ripen' as const), ms: fc.nat(10) }),
    // Whether something has become possible comes with the news of a change that may have made it so.
    { weight: 3, arbitrary: fc.record({ type: fc.constant('hope' as const), possible: fc.nat() }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('serve' as const), fails: fc.boolean() }) },
  );

  test('the order is that of sorting by priority, turn of the namespace, and arrival', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const queue = new SchedulingQueue<Entry>();
        const naive = new NaiveQueue();
        const possible = new Set<string>();
        const made = (n: number) =>
          entry(`${n}`, { namespace: 'abc'[n % 3]!, priority: Math.floor(n / 3) % 3, sequence: (n * 17) % 41 });
        const keyOf = ({ priority, namespace }: Entry, kind: number) => `${priority} ${namespace} ${kind}`;
        const forget = (uid: string) => {
          naive.parked.delete(uid);
          naive.delayed.delete(uid);
        };
        const park = (one: Entry, kind: number) => {
          const key = keyOf(one, kind);
          possible.delete(key);
          queue.park(one, { key, isSociable: false, isPossible: () => possible.has(key) });
          forget(one.uid);
          naive.entries.set(one.uid, one);
          naive.parked.set(one.uid, key);
          naive.hopeful.delete(key);
        };
        let nowMs = 0;
        for (const change of steps) {
          if (change.type === 'add') {
            const one = made(change.id);
            queue.add(one);
            forget(one.uid);
            naive.entries.set(one.uid, one);
          } else if (change.type === 'remove') {
            queue.remove(`${change.id}`);
            forget(`${change.id}`);
            naive.entries.delete(`${change.id}`);
          } else if (change.type === 'park') park(made(change.id), change.kind);
          else if (change.type === 'delay') {
            const one = made(change.id);
            queue.delay(one, nowMs + change.ms);
            forget(one.uid);
            naive.entries.set(one.uid, one);
            naive.delayed.set(one.uid, nowMs + change.ms);
          } else if (change.type === 'ripen') {
            nowMs += change.ms;
            queue.ripen(nowMs);
            for (const [uid, untilMs] of naive.delayed) if (untilMs <= nowMs) naive.delayed.delete(uid);
          } else if (change.type === 'hope') {
            for (const key of new Set(naive.parked.values())) {
              naive.hopeful.add(key);
              if ((change.possible >> (key.length + key.charCodeAt(2) + Number(key[0]))) & 1) possible.add(key);
            }
            queue.hope(RELIEF);
          } else {
            const next = queue.next();
            if (!next) continue;
            queue.served(next);
            naive.served.set(next.namespace, ++naive.servings);
            if (change.fails) park(next, 0);
            else {
              queue.remove(next.uid);
              forget(next.uid);
              naive.entries.delete(next.uid);
            }
          }
          expect(queue.next()?.uid).toBe(naive.next((key) => possible.has(key))?.uid);
          expect(queue.size).toBe(naive.entries.size);
          const ripe = Math.min(Number.POSITIVE_INFINITY, ...naive.delayed.values());
          expect(queue.nextRipeMs).toBe(ripe);
        }
        expect([...queue.entries()].map(({ uid }) => uid).sort()).toEqual([...naive.entries.keys()].sort());
        expect(queue.parkedGroups().length).toBe(new Set(naive.parked.values()).size);
      }),
      { numRuns: 500 },
    );
  });

  test('with many lines taking turns, nobody waits longer than a round', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(30)), { minLength: 1, maxLength: 40 }), (arrivals) => {
        const queue = new SchedulingQueue<Entry>();
        const left = new Map<string, number>();
        let sequence = 0;
        for (const [namespace, count] of arrivals)
          for (let i = 0; i < count; i++) {
            queue.add(entry(`${++sequence}`, { namespace: `n${namespace}` }));
            left.set(`n${namespace}`, (left.get(`n${namespace}`) ?? 0) + 1);
          }
        const waited = new Map<string, number>();
        for (let next = queue.next(); next; next = queue.next()) {
          queue.served(next);
          queue.remove(next.uid);
          left.set(next.namespace, left.get(next.namespace)! - 1);
          for (const [namespace, count] of left) {
            const turns = namespace === next.namespace || count === 0 ? 0 : (waited.get(namespace) ?? 0) + 1;
            expect(turns).toBeLessThan(6);
            waited.set(namespace, turns);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('what has passed through leaves no trace', () => {
    const queue = new SchedulingQueue<Entry>();
    const answer = { possible: true, asked: 0 };
    queue.add(entry('0', { priority: 1 }));
    for (let i = 1; i <= 5000; i++) {
      queue.add(entry(`${i}`));
      queue.park(entry(`${i}`), prospect('k', answer));
      queue.hope(RELIEF);
      queue.delay(entry(`${i}`), i);
      if (i > 3) queue.remove(`${i - 3}`);
    }
    queue.ripen(5000);
    expect(serveAll(queue)).toEqual(['0', '4998', '4999', '5000']);
  });
});
