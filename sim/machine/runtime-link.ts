import { type ContainerRuntime, RuntimeError, type WatchHandlers } from '../../agent/runtime.ts';
import type { Rng } from '../../platform/rng.ts';
import type { FakeRuntime } from '../container-runtime.ts';
import type { Life } from '../time/life.ts';

/** How the engine of a machine does at present. Faults change it. */
export interface EngineWeather {
  /** An answer takes so long, at least and at most. */
  delayMs: readonly [number, number];
  /** Nothing is answered before this moment. */
  hangsUntilMs: number;
  /** Chances, for each call, that it fails and does nothing, or is done and its answer lost. */
  failures: number;
  lostAnswers: number;
}

export const fairEngine = (): EngineWeather => ({ delayMs: [1, 30], hangsUntilMs: 0, failures: 0, lostAnswers: 0 });

/** Reading takes less than changing. */
const QUICK: ReadonlySet<string> = new Set(['info', 'list', 'inspect', 'image', 'images', 'stats', 'volumes', 'watch']);
const QUICK_SHARE = 0.1;

/**
 * A machine's engine as one run of its agent sees it: calls take time, fail and hang, events come in order and late, and nothing comes to an
 * agent that has died. Like the real adapter it gives no answer twice.
 */
export function runtimeLink(engine: FakeRuntime, life: Life, weather: EngineWeather, rng: Rng): ContainerRuntime {
  const delayOf = (operation: string) => {
    const [least, most] = weather.delayMs;
    const delayMs = least + (most - least) * rng.next();
    const hungMs = Math.max(0, weather.hangsUntilMs - life.nowMs);
    return (QUICK.has(operation) ? delayMs * QUICK_SHARE : delayMs) + hungMs;
  };
  const call = (operation: string, act: () => Promise<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      life.after(0, operation, () => {
        if (rng.next() < weather.failures) {
          const error = new RuntimeError('failed', `the simulated engine could not ${operation}`);
          life.after(delayOf(operation), `${operation}!`, () => reject(error));
          return;
        }
        const isLost = rng.next() < weather.lostAnswers;
        const lost = () => reject(new RuntimeError('unreachable', `the answer to ${operation} was lost`));
        act().then(
          (result) => life.after(delayOf(operation), `${operation}>`, isLost ? lost : () => resolve(result)),
          (error) => life.after(delayOf(operation), `${operation}!`, () => reject(error)),
        );
      });
    });
  const own: Record<string, unknown> = {
    watch: async (labels: Readonly<Record<string, string>>, handlers: WatchHandlers) => {
      let isOpen = true;
      let lastMs = 0;
      const later = (fn: () => void) => {
        lastMs = Math.max(lastMs, life.nowMs + delayOf('watch'));
        life.after(lastMs - life.nowMs, 'engine-event', () => isOpen && fn());
      };
      const inner = engine.watch(labels, {
        event: (event) => later(() => handlers.event(event)),
        lost: (reason) => later(() => handlers.lost(reason)),
      });
      // Whoever waits for the call hears of a failure.
      inner.catch(() => {});
      const close = () => {
        isOpen = false;
        inner.then(
          (subscription) => subscription.close(),
          () => {},
        );
      };
      life.onEnd(close);
      await call('watch', () => inner);
      return { close };
    },
    logs: (...args: Parameters<FakeRuntime['logs']>) => engine.logs(...args),
    close: () => {},
  };
  return new Proxy(engine, {
    get: (target, name) => {
      if (typeof name !== 'string') return undefined;
      if (own[name]) return own[name];
      const method = (target as unknown as Record<string, unknown>)[name];
      if (typeof method !== 'function') return undefined;
      own[name] = (...args: unknown[]) => call(name, () => method.apply(target, args));
      return own[name];
    },
  }) as unknown as ContainerRuntime;
}
