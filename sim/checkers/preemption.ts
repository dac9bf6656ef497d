import type { Observation, SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { text } from './fields.ts';
import { isPlain, notBelow, roomFor, waitsForPlace } from './placing.ts';
import { bandOf, bandRank, conditionOf, PODS, podOf } from './pods.ts';
import type { Change, SeenCell } from './seen-cell.ts';

/** A scheduler may act so late for a pod that waited: a store that stalls holds up what was decided. */
const LAG_MS = 60_000;
/** The one band whose pods may push out others of their own (docs/QUOTA-AND-BANDS.md, the policy that holds from the start). */
const PREEMPTS_WITHIN = 'batch';

interface Waiter {
  readonly priority: number;
  untilMs: number;
}

/** Owns who has waited for a place of late. When all has come to rest, nobody waits for room that those below his band hold. */
export class Preemption implements Checker {
  private readonly waiters = new Map<string, Waiter>();
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  changed({ resource, key, before, after, atMs }: Change): void {
    if (resource !== PODS) return;
    const { uid, priority } = podOf((after ?? before)!);
    const waiter = this.waiters.get(uid);
    if (after && waitsForPlace(after)) {
      if (!waiter) this.waiters.set(uid, { priority, untilMs: Number.POSITIVE_INFINITY });
    } else if (waiter) waiter.untilMs = Math.min(waiter.untilMs, atMs);
    if (after && isPushedOut(after) && !isPushedOut(before)) this.pushedOut(key, after, atMs);
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

  private pushedOut(key: string, victim: SeenObject, atMs: number): void {
    const { priority } = podOf(victim);
    let isExplained = false;
    for (const [uid, waiter] of this.waiters) {
      if (waiter.untilMs < atMs - LAG_MS) this.waiters.delete(uid);
      else isExplained ||= mayPushOut(waiter.priority, priority);
    }
    if (isExplained) return;
    this.report(
      atMs,
      `pod ${key} (${bandOf(priority)}, priority ${priority}) was pushed out, and nobody waited who may push it out`,
    );
  }
}

const isPushedOut = (pod: SeenObject | undefined): boolean =>
  pod !== undefined && conditionOf(pod, 'DisruptionTarget')?.reason === 'PreemptionByScheduler';

function mayPushOut(priority: number, victim: number): boolean {
  if (bandRank(priority) !== bandRank(victim)) return bandRank(priority) < bandRank(victim);
  return bandOf(victim) === PREEMPTS_WITHIN && priority > victim;
}
