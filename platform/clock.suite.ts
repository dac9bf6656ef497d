import { describe, expect, test } from 'vitest';
import { type Clock, sleep } from './clock.ts';

/** What every Clock does. `pass` lets so much of its time go by, and what is due happen. */
export function clockSuite(name: string, open: () => { clock: Clock; pass(ms: number): Promise<void> }): void {
  describe(`${name}: the Clock contract`, () => {
    test('both times go on, and the monotonic one never back', async () => {
      const { clock, pass } = open();
      const [wall, monotonic] = [clock.now(), clock.monotonicMs()];
      await pass(20);
      expect(clock.now()).toBeGreaterThanOrEqual(wall + 15);
      expect(clock.monotonicMs()).toBeGreaterThanOrEqual(monotonic + 15);
    });

    test('a timer fires once, when its time has come and not before', async () => {
      const { clock, pass } = open();
      let fired = 0;
      clock.setTimer(30, () => fired++);
      await pass(5);
      expect(fired).toBe(0);
      await pass(60);
      expect(fired).toBe(1);
      await pass(60);
      expect(fired).toBe(1);
    });

    test('timers fire in the order in which they are due', async () => {
      const { clock, pass } = open();
      const order: string[] = [];
      clock.setTimer(40, () => order.push('late'));
      clock.setTimer(10, () => order.push('soon'));
      clock.setTimer(0, () => order.push('now'));
      await pass(80);
      expect(order).toEqual(['now', 'soon', 'late']);
    });

    test('a cancelled timer never fires, and may be cancelled again', async () => {
      const { clock, pass } = open();
      let fired = 0;
      const timer = clock.setTimer(10, () => fired++);
      timer.cancel();
      timer.cancel();
      await pass(40);
      expect(fired).toBe(0);
    });

    test('a sleep ends with its time, or at once when it is aborted', async () => {
      const { clock, pass } = open();
      const slept = sleep(clock, 20).then(() => 'slept');
      await pass(50);
      expect(await slept).toBe('slept');
      const abort = new AbortController();
      const cut = sleep(clock, 1_000_000, abort.signal).catch((reason: Error) => reason.message);
      abort.abort(new Error('enough'));
      expect(await cut).toBe('enough');
      await expect(sleep(clock, 1, abort.signal)).rejects.toThrow('enough');
    });
  });
}
