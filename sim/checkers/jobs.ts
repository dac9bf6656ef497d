import type { SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { count, text, uidOf } from './fields.ts';
import { hasCondition, PODS, podOf } from './pods.ts';
import type { Change, SeenCell } from './seen-cell.ts';

const JOBS = 'batch/jobs';

interface Ends {
  succeeded: number;
  /** Failed, or gone without an end. */
  failed: number;
}

interface Claim {
  readonly name: string;
  succeeded: number;
  failed: number;
  atMs: number;
}

/** Owns how the pods of each Job ended, each once, and what the Job's status said at the most. */
export class Jobs implements Checker {
  private readonly ends = new Map<string, Ends>();
  private readonly claims = new Map<string, Claim>();
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  changed(change: Change): void {
    if (change.resource === PODS) this.pod(change.before, change.after);
    if (change.resource === JOBS && change.after) this.job(change.key, change.before, change.after, change.atMs);
  }

  /** Watches of two kinds run apart: what was claimed is held against what ended when all is told. */
  finish(): void {
    if (!this.cell.isGapless(PODS)) return;
    for (const [uid, { name, succeeded, failed, atMs }] of this.claims) {
      const ends = this.ends.get(uid) ?? { succeeded: 0, failed: 0 };
      if (succeeded > ends.succeeded)
        this.report(atMs, `job ${name} counts ${succeeded} succeeded pods, and ${ends.succeeded} ever succeeded`);
      if (failed > ends.failed)
        this.report(atMs, `job ${name} counts ${failed} failed pods, and ${ends.failed} ever failed`);
    }
  }

  private pod(before: SeenObject | undefined, after: SeenObject | undefined): void {
    const { owner } = podOf((after ?? before)!);
    if (owner?.kind !== 'Job') return;
    const was = before && podOf(before);
    const ended = was?.over === true && was.uid === podOf(after ?? before!).uid;
    if (ended) return;
    const ends = entryOf(this.ends, owner.uid, () => ({ succeeded: 0, failed: 0 }));
    const is = after && podOf(after);
    // One that is told to go while it runs may be counted as failed at once, and may still succeed.
    const failsNow = is?.phase === 'Failed' || !is || is.deleting;
    if (is?.phase === 'Succeeded') ends.succeeded += 1;
    else if (failsNow && !was?.deleting) ends.failed += 1;
  }

  private job(key: string, before: SeenObject | undefined, after: SeenObject, atMs: number): void {
    const uid = uidOf(after);
    const [succeeded, failed] = [count(after, 'status', 'succeeded') ?? 0, count(after, 'status', 'failed') ?? 0];
    const claim = entryOf(this.claims, uid, () => ({ name: key, succeeded: 0, failed: 0, atMs }));
    if (succeeded > claim.succeeded || failed > claim.failed) claim.atMs = atMs;
    claim.succeeded = Math.max(claim.succeeded, succeeded);
    claim.failed = Math.max(claim.failed, failed);
    const indexed = text(after, 'spec', 'completionMode') === 'Indexed';
    const had = before && uidOf(before) === uid ? (count(before, 'status', 'succeeded') ?? 0) : 0;
    // Elastic indexed jobs forget indexes that they no longer have.
    if (!indexed && succeeded < had)
      this.report(atMs, `job ${key} counted ${had} succeeded pods, and now ${succeeded}`);
    const completions = count(after, 'spec', 'completions');
    if (completions === undefined || !hasCondition(after, 'Complete')) return;
    if (succeeded < completions || (indexed && succeeded > completions))
      this.report(atMs, `job ${key} is complete with ${succeeded} of ${completions} completions`);
  }
}
