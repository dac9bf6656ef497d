import type { Observation } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';

/** Fewer samples say nothing about growth. */
const ENOUGH = 40;
/** Samples are thinned out beyond this many, every other one. */
const MAX_KEPT = 400;
/** A size that grew by less than this share, and by less than this number, has not grown. */
const GROWTH = 1.3;
const SLACK = 64;

interface Series {
  values: number[];
  /** Every how many samples one is kept. */
  step: number;
  seen: number;
  lastMs: number;
}

/**
 * Owns how each size went. A size that has a limit must stay within it; one that has none must not be greater at its least, in the last
 * quarter of the time, than it ever was in the second quarter: the first is for warming up.
 */
export class Bounded implements Checker {
  private readonly series = new Map<string, Series>();
  private readonly over = new Set<string>();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    if (seen.type !== 'sample') return;
    for (const [size, value] of Object.entries(seen.sizes)) {
      const name = `${seen.of}: ${size}`;
      const limit = seen.limits?.[size];
      if (limit === undefined) this.keep(name, value, seen.atMs);
      else if (value > limit && !this.over.has(name)) {
        this.over.add(name);
        this.report(seen.atMs, `${name} is ${value}, and never to be more than ${limit}`);
      }
    }
  }

  finish(): void {
    for (const [name, { values, lastMs, step }] of this.series) {
      const quarter = Math.floor(values.length / 4);
      if (values.length * step < ENOUGH || quarter < 4) continue;
      const before = Math.max(...values.slice(quarter, 2 * quarter));
      const least = Math.min(...values.slice(-quarter));
      if (least > before * GROWTH && least > before + SLACK)
        this.report(
          lastMs,
          `${name} grows: at most ${before} in the second quarter of the time, never below ${least} in the last`,
        );
    }
  }

  private keep(name: string, value: number, atMs: number): void {
    const series = entryOf(this.series, name, () => ({ values: [], step: 1, seen: 0, lastMs: 0 }));
    series.lastMs = atMs;
    series.seen += 1;
    if (series.seen % series.step !== 0) return;
    series.values.push(value);
    if (series.values.length < MAX_KEPT) return;
    series.values = series.values.filter((_, index) => index % 2 === 1);
    series.step *= 2;
  }
}
