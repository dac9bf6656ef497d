import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../../platform/rng.ts';
import { type Outcome, WorkQueue } from './work-queue.ts';

const DONE: Outcome = { type: 'done' };
/** Longer than any rest. */
const RESTED_MS = 1_000;

/** Work that the test ends by hand. */
function handWork() {
  const running: { key: string; end: (outcome?: Outcome) => void }[] = [];
  const work = (key: string) =>
    new Promise<Outcome>((resolve) => {
      running.push({ key, end: (outcome = DONE) => resolve(outcome) });
    });
  return { running, work, keys: () => running.map(({ key }) => key) };
}

function queueOver(work: (key: string) => Promise<Outcome>, workers = 2) {
  const clock = new ManualClock();
  const queue = new WorkQueue({
    clock,
    rng: seededRng(1),
    workers,
    backoff: { baseMs: 100, maxMs: 1000 },
    work,
  });
  return { clock, queue };
}

describe('WorkQueue', () => {
  test('a key added many times before its turn is worked on once', async () => {
    const { work, keys } = handWork();
    const { clock, queue } = queueOver(work);
    for (let times = 0; times < 5; times++) queue.add('a');
    await clock.advance(0);
    expect(keys()).toEqual(['a']);
  });

  test('a key added while at work is worked on again afterwards, not beside', async () => {
    const { running, work, keys } = handWork();
    const { clock, queue } = queueOver(work);
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(keys()).toEqual(['a']);
    running[0]!.end();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'a']);
  });

  test('no more keys are at work than there are workers', async () => {
    const { running, work, keys } = handWork();
    const { clock, queue } = queueOver(work, 2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
    expect(queue.depth).toBe(3);
    running[0]!.end();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  test('a failed key comes back after a growing delay, and starts afresh after a success', async () => {
    const outcomes: Outcome[] = [{ type: 'retry' }, { type: 'retry' }, DONE, { type: 'retry' }];
    const startsMs: number[] = [];
    const { clock, queue } = queueOver(async () => {
      startsMs.push(clock.monotonicMs());
      return outcomes.shift() ?? DONE;
    });
    queue.add('a');
    await clock.advance(0);
    await clock.advance(1000);
    queue.add('a');
    await clock.advance(0);
    await clock.advance(1000);
    const [first, second, third, fourth, fifth] = startsMs;
    expect(second! - first!).toBeGreaterThanOrEqual(50);
    expect(second! - first!).toBeLessThanOrEqual(100);
    expect(third! - second!).toBeGreaterThanOrEqual(100);
    expect(third! - second!).toBeLessThanOrEqual(200);
    expect(fifth! - fourth!).toBeLessThanOrEqual(100);
    expect(clock.pending).toBe(0);
  });

  test('a wake-up comes on time, and is given up when the key is worked on before', async () => {
    const startsMs: number[] = [];
    const { clock, queue } = queueOver(async () => {
      startsMs.push(clock.monotonicMs());
      return startsMs.length === 1 ? { type: 'done', wakeAfterMs: 500 } : DONE;
    });
    queue.add('a');
    await clock.advance(0);
    await clock.advance(499);
    expect(startsMs).toEqual([0]);
    queue.add('a');
    await clock.advance(0);
    await clock.advance(1000);
    expect(startsMs).toEqual([0, 499]);
    expect(clock.pending).toBe(0);
  });

  test('a key that rests is worked on once more when it has rested, however often it was added; one with more to do does not', async () => {
    const startsMs: number[] = [];
    const outcomes: Outcome[] = [
      { type: 'done', restMs: 50, wakeAfterMs: 0 },
      { type: 'done', restMs: 50 },
    ];
    const { clock, queue } = queueOver(async () => {
      startsMs.push(clock.monotonicMs());
      return outcomes[startsMs.length - 1] ?? DONE;
    });
    queue.add('a');
    await clock.advance(0);
    expect(startsMs).toEqual([0, 0]);
    for (let times = 0; times < 4; times++) {
      queue.add('a');
      await clock.advance(10);
    }
    expect(startsMs).toEqual([0, 0]);
    await clock.advance(10);
    expect(startsMs).toEqual([0, 0, 50]);
    expect([clock.pending, queue.depth]).toEqual([0, 0]);
  });

  test('stop waits for what is at work and starts nothing more', async () => {
    const { running, work, keys } = handWork();
    const { clock, queue } = queueOver(work, 1);
    queue.add('a');
    queue.add('b');
    await clock.advance(0);
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    await clock.advance(0);
    expect(stopped).toBe(false);
    running[0]!.end({ type: 'retry' });
    await stopping;
    queue.add('c');
    await clock.advance(10_000);
    expect(keys()).toEqual(['a']);
  });

  test('whatever is added when, a key is never at work twice at once and its last addition is worked on', async () => {
    const actions = fc.array(fc.oneof(fc.nat(3), fc.constant('end' as const)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(actions, fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const atWork = new Map<string, (outcome: Outcome) => void>();
        const owed = new Set<string>();
        const { clock, queue } = queueOver((key) => {
          expect(atWork.has(key)).toBe(false);
          owed.delete(key);
          return new Promise((resolve) => atWork.set(key, resolve));
        }, workers);
        const endOne = () => {
          const [key, resolve] = [...atWork][0] ?? [];
          if (!key || !resolve) return;
          atWork.delete(key);
          resolve({ type: 'done', restMs: 10 * queue.depth });
        };
        for (const step of steps) {
          if (step === 'end') endOne();
          else {
            owed.add(String(step));
            queue.add(String(step));
          }
          await clock.advance(0);
          expect(atWork.size).toBeLessThanOrEqual(workers);
        }
        await clock.advance(RESTED_MS);
        while (atWork.size > 0) {
          endOne();
          await clock.advance(RESTED_MS);
        }
        expect([...owed]).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
