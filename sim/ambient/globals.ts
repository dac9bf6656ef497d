import { EPOCH_MS } from '../time/life.ts';
import { theWorld } from './world.ts';

/**
 * Replaces what would let the real machine into a simulation. Turns of the event loop (`setImmediate`) are events of the simulation; everything
 * else has a seam, and whoever goes round it is told so.
 */
export function replaceGlobals(): void {
  const refuse = (what: string) => () => {
    throw new Error(`${what} was used inside a simulation: time and randomness come from Clock and Rng`);
  };
  Object.assign(globalThis, {
    setImmediate: (fn: (...args: unknown[]) => void, ...args: unknown[]) =>
      theWorld().timeline.after(0, 'turn', () => fn(...args)),
    clearImmediate: (timer: { cancel(): void } | undefined) => timer?.cancel(),
    setTimeout: refuse('setTimeout'),
    setInterval: refuse('setInterval'),
    Date: simulatedDate(),
  });
  Math.random = refuse('Math.random');
  performance.now = refuse('performance.now');
  crypto.randomUUID = refuse('crypto.randomUUID');
  AbortSignal.timeout = refuse('AbortSignal.timeout');
}

/** Libraries stamp what they count: they see the time of the simulation, by no machine's clock in particular. */
function simulatedDate(): DateConstructor {
  const now = () => Math.floor(EPOCH_MS + theWorld().timeline.nowMs);
  return new Proxy(Date, {
    construct: (target, args) => Reflect.construct(target, args.length > 0 ? args : [now()]),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
