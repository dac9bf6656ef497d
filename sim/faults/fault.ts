import type { Rng } from '../../platform/rng.ts';
import type { SimulatedCell } from '../cell.ts';

/** One thing that goes wrong. */
export interface Fault {
  /** How often, against others. */
  readonly weight: number;
  /** It lasts so long, at least and at most. */
  readonly lastsMs: readonly [number, number];
  /** Undefined where it finds nothing to strike. */
  begin(cell: SimulatedCell, rng: Rng): Begun | undefined;
}

export interface Begun {
  /** What it struck: for people. */
  readonly what: string;
  /** Makes it good again. Absent: it is over at once, or by itself. */
  readonly end?: () => void;
}

export type FaultTable = Readonly<Record<string, Fault>>;

export const AT_ONCE: readonly [number, number] = [0, 0];

export const pick = <T>(rng: Rng, values: readonly T[]): T | undefined => values[rng.int(Math.max(1, values.length))];

/** Changes how something does at present, and back. */
export function changed<T extends object>(what: string, target: T, values: Partial<T>): Begun {
  const before = { ...target };
  Object.assign(target, values);
  return {
    what,
    end() {
      for (const name of Object.keys(values) as (keyof T)[]) target[name] = before[name];
    },
  };
}
