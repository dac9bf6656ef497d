import type { Observation } from '../history.ts';
import { type Answered, type Asked, isDone, OpenCalls } from './calls.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { keyOf, list, revisionOf, targetKey, text } from './fields.ts';
import type { Change } from './seen-cell.ts';

interface Acknowledged {
  readonly revision: number;
  readonly call: number;
}

/**
 * Owns the newest acknowledged write of each object that nobody has since deleted or asked to delete. Every list at a later revision
 * must have it, that write or a later one.
 */
export class AcknowledgedWrites implements Checker {
  private readonly kept = new Map<string, Map<string, Acknowledged>>();
  private readonly calls = new OpenCalls();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    const asked = this.calls.take(seen);
    if (seen.type === 'asked' && seen.verb === 'delete') this.forget(seen.target.resource, targetKey(seen.target));
    if (!asked || seen.type !== 'answered' || !isDone(seen)) return;
    if (asked.verb === 'list') this.compare(asked, seen);
    else if (asked.verb === 'create' || asked.verb === 'update' || asked.verb === 'patch') this.keep(asked, seen);
  }

  changed({ resource, key, after }: Change): void {
    if (!after) this.forget(resource, key);
  }

  /** Without a name: all of the namespace, or of the kind. */
  private forget(resource: string, key: string): void {
    const kept = this.kept.get(resource);
    if (!kept || !key.endsWith('/')) kept?.delete(key);
    else for (const each of [...kept.keys()]) if (key === '/' || each.startsWith(key)) kept.delete(each);
  }

  private keep({ target, call }: Asked, { object }: Answered): void {
    const revision = revisionOf(object);
    if (revision === 0 || text(object, 'kind') === 'Scale') return;
    const kept = entryOf(this.kept, target.resource, () => new Map<string, Acknowledged>());
    const key = keyOf(object);
    const before = kept.get(key);
    if (!before || before.revision < revision) kept.set(key, { revision, call });
  }

  private compare({ target, call }: Asked, { object, atMs }: Answered): void {
    const kept = this.kept.get(target.resource);
    const at = revisionOf(object);
    if (!kept || target.name || text(object, 'metadata', 'continue')) return;
    const shown = new Map(list(object, 'items').map((item) => [keyOf(item), revisionOf(item)]));
    for (const [key, write] of kept) {
      if (write.revision > at || (target.namespace && !key.startsWith(`${target.namespace}/`))) continue;
      const found = shown.get(key) ?? 0;
      if (found >= write.revision) continue;
      kept.delete(key);
      const is = found ? `has its revision ${found}` : 'lacks it';
      this.report(
        atMs,
        `${target.resource} ${key}: revision ${write.revision} was acknowledged (call ${write.call}), and a list at ${at} (call ${call}) ${is}`,
      );
    }
  }
}
