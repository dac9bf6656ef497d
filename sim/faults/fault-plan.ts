import type { Rng } from '../../platform/rng.ts';
import type { SimulatedCell } from '../cell.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Begun, Fault } from './fault.ts';
import { FAULTS, type FaultName } from './faults.ts';

export interface FaultPlanParts {
  readonly cell: SimulatedCell;
  readonly recorder: Recorder;
  readonly rng: Rng;
  readonly names: readonly FaultName[];
  /** From one to the next, about. */
  readonly everyMs: number;
  /** No more than so many in all: how a run that fails is shortened. Those drawn after that do nothing. */
  readonly most?: number;
}

/**
 * Draws faults, one after the other; several may last at a time.
 *
 * Owns: those that have begun and not ended, and the counts of all.
 */
export class FaultPlan {
  readonly counts = new Map<FaultName, number>();
  readonly #parts: FaultPlanParts;
  readonly #open = new Map<FaultName, Begun>();
  readonly #table: readonly FaultName[];
  #drawn = 0;
  #over = false;

  constructor(parts: FaultPlanParts) {
    this.#parts = parts;
    this.#table = parts.names.flatMap((name) => Array.from({ length: FAULTS[name].weight }, () => name));
  }

  get drawn(): number {
    return this.#drawn;
  }

  start(): void {
    if (this.#table.length > 0) this.#later();
  }

  /** Everything is made good again, and nothing new happens. */
  end(): void {
    this.#over = true;
    for (const name of [...this.#open.keys()]) this.#endOne(name);
  }

  #later(): void {
    const { cell, rng, everyMs } = this.#parts;
    cell.timeline.after(2 * everyMs * rng.next(), 'fault', () => {
      if (this.#over) return;
      this.#draw();
      this.#later();
    });
  }

  #draw(): void {
    const { cell, rng, recorder, most = Number.POSITIVE_INFINITY } = this.#parts;
    const name = this.#table[rng.int(this.#table.length)] as FaultName;
    const fault: Fault = FAULTS[name];
    const [least, longest] = fault.lastsMs;
    const lastsMs = least + (longest - least) * rng.next();
    this.#drawn += 1;
    // One of a kind at a time: two would make each other good.
    if (this.#open.has(name) || this.#drawn > most) return;
    const begun = fault.begin(cell, rng);
    if (!begun) return;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    recorder.note({ type: 'fault', what: `${name} ${begun.what}`, begins: true });
    if (!begun.end) return;
    this.#open.set(name, begun);
    cell.timeline.after(lastsMs, 'fault-end', () => {
      if (this.#open.get(name) === begun) this.#endOne(name);
    });
  }

  #endOne(name: FaultName): void {
    const begun = this.#open.get(name);
    this.#open.delete(name);
    begun?.end?.();
    this.#parts.recorder.note({ type: 'fault', what: `${name} ${begun?.what}`, begins: false });
  }
}
