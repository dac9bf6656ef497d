import type { Observation } from '../history.ts';

/**
 * How long the cell has been left in peace: promises of the kind "within so many seconds" count from the end of the last disturbance.
 * Owns the faults that last.
 */
export class Quiet {
  private readonly lasting = new Map<string, number>();
  private sinceMs = Number.NEGATIVE_INFINITY;

  take(seen: Observation): void {
    if (seen.type === 'calm') {
      this.lasting.clear();
      this.sinceMs = seen.atMs;
    }
    if (seen.type === 'machine') this.sinceMs = seen.atMs;
    if (seen.type !== 'fault') return;
    this.sinceMs = seen.atMs;
    const open = (this.lasting.get(seen.what) ?? 0) + (seen.begins ? 1 : -1);
    if (open > 0) this.lasting.set(seen.what, open);
    else this.lasting.delete(seen.what);
  }

  /** Whether nothing has disturbed the cell from `fromMs`, or an earlier time, on for `forMs`. */
  has(fromMs: number, forMs: number, nowMs: number): boolean {
    return this.lasting.size === 0 && nowMs - Math.max(fromMs, this.sinceMs) >= forMs;
  }
}
