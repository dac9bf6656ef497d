import type { Observation } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { text } from './fields.ts';
import { isPlain, notBelow, roomFor, waitsForPlace } from './placing.ts';
import { bandOf, PODS, podOf } from './pods.ts';
import type { SeenCell } from './seen-cell.ts';

/** When all has come to rest, nobody waits for room that those below his band hold. */
export class Preemption implements Checker {
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  take(seen: Observation): void {
    if (seen.type !== 'end') return;
    for (const [key, pod] of this.cell.all(PODS)) {
      if (!waitsForPlace(pod) || !isPlain(pod) || text(pod, 'spec', 'preemptionPolicy') === 'Never') continue;
      const node = roomFor(this.cell, pod, notBelow(pod));
      if (node === undefined) continue;
      this.report(
        seen.atMs,
        `pod ${key} (${bandOf(podOf(pod).priority)}) waits, though ${node} has room but for those of bands below`,
      );
    }
  }
}
