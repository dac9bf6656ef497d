import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedCall } from './shared-call.ts';

/** A call whose answers are given by hand, in order. */
function byHand() {
  const open: { resolve(value: number): void; reject(reason: Error): void }[] = [];
  const shared = new SharedCall(() => new Promise<number>((resolve, reject) => open.push({ resolve, reject })));
  return { shared, open };
}
/** Lets everything that is due happen. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('whoever asks while a call runs shares the next one, not the one under way', async () => {
  const { shared, open } = byHand();
  const first = shared.ask();
  const [second, third] = [shared.ask(), shared.ask()];
  await settle();
  expect(open).toHaveLength(1);
  open[0]?.resolve(1);
  expect(await first).toBe(1);
  await settle();
  expect(open).toHaveLength(2);
  const fourth = shared.ask();
  open[1]?.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await settle();
  expect(open).toHaveLength(3);
  open[2]?.resolve(3);
  expect(await fourth).toBe(3);
});

test('a call that nobody waits for leaves the way free', async () => {
  const { shared, open } = byHand();
  for (const value of [1, 2]) {
    const answer = shared.ask();
    expect(open).toHaveLength(value);
    open[value - 1]?.resolve(value);
    expect(await answer).toBe(value);
    await settle();
  }
});

test('a failure is told to those who share it; those who come after are asked for anew', async () => {
  const { shared, open } = byHand();
  const first = shared.ask();
  const [second, third] = [shared.ask(), shared.ask()];
  const failed = expect(first).rejects.toThrow('away');
  open[0]?.reject(new Error('away'));
  await failed;
  await settle();
  const alsoFailed = [second, third].map((answer) => expect(answer).rejects.toThrow('still away'));
  open[1]?.reject(new Error('still away'));
  await Promise.all(alsoFailed);
  await settle();
  const fourth = shared.ask();
  open[2]?.resolve(4);
  expect(await fourth).toBe(4);
});

test('no answer is older than its question, one call runs at a time, and all are answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('ask', 'write', 'answer', 'fail', 'wait'), { maxLength: 60 }),
      async (steps) => {
        let written = 0;
        const open: { begun: number; resolve(value: number): void; reject(reason: Error): void }[] = [];
        const shared = new SharedCall(
          () => new Promise<number>((resolve, reject) => open.push({ begun: written, resolve, reject })),
        );
        const answers: Promise<void>[] = [];
        const end = (how: string) => {
          const call = open.shift();
          // What a call reads may be as old as its beginning.
          if (how === 'fail') call?.reject(new Error('away'));
          else call?.resolve(call.begun);
        };
        for (const step of steps) {
          if (step === 'write') written += 1;
          else if (step === 'wait') await settle();
          else if (step === 'ask') {
            const asked = written;
            const check = (seen: number) => expect(seen).toBeGreaterThanOrEqual(asked);
            answers.push(shared.ask().then(check, (error) => expect(error.message).toBe('away')));
          } else end(step);
          expect(open.length).toBeLessThanOrEqual(1);
        }
        for (let left = 0; left < 3; left++) {
          await settle();
          end('answer');
        }
        await Promise.all(answers);
      },
    ),
    { numRuns: 200 },
  );
});
