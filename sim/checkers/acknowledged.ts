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

interface Missing {
  readonly write: Acknowledged;
  readonly atMs: number;
  /** The list that lacks it. */
  readonly list: { readonly revision: number; readonly call: number };
}

/**
 * Owns the newest acknowledged write of each object that nobody has since deleted or asked to delete. Every list at a later revision
 * must have it, that write or a later one. The cell also deletes of itself (a victim of preemption, what belonged to something), and
 * a list may be seen before the watch that tells of it: what a list lacks is held against the cell when no watch has explained it by
 * the end.
 */
export class AcknowledgedWrites implements Checker {
  private readonly kept = new Map<string, Map<string, Acknowledged>>();
  private readonly missing = new Map<string, Map<string, Missing>>();
  /** When it was last asked, by resource, that the object of a key go, or all of a namespace or kind. */
  private readonly askedToGo = new Map<string, Map<string, number>>();
  /** The revision of its newest known deletion, by resource and key. */
  private readonly gone = new Map<string, Map<string, number>>();
  private readonly calls = new OpenCalls();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    const asked = this.calls.take(seen);
    if (seen.type === 'asked' && (seen.verb === 'delete' || seen.verb === 'evict')) {
      const { resource } = seen.target;
      const key = targetKey(seen.target);
      entryOf(this.askedToGo, resource, () => new Map<string, number>()).set(key, seen.atMs);
      this.forget(resource, key);
    }
    if (!asked || seen.type !== 'answered' || !isDone(seen)) return;
    if (asked.verb === 'list') this.compare(asked, seen);
    else if (asked.verb === 'create' || asked.verb === 'update' || asked.verb === 'patch') this.keep(asked, seen);
  }

  changed({ resource, key, after, revision, by }: Change): void {
    if (after) return;
    this.forget(resource, key);
    entryOf(this.gone, resource, () => new Map<string, number>()).set(key, revision);
    const missing = this.missing.get(resource);
    const found = missing?.get(key);
    if (found && revision > found.write.revision && (revision <= found.list.revision || by === 'listed')) {
      missing?.delete(key);
    }
  }

  finish(): void {
    for (const [resource, missing] of this.missing) {
      for (const [key, { write, atMs, list }] of missing) this.accuse(atMs, resource, key, write, list, 'lacks it');
    }
  }

  private accuse(
    atMs: number,
    resource: string,
    key: string,
    write: Acknowledged,
    list: Missing['list'],
    is: string,
  ): void {
    this.report(
      atMs,
      `${resource} ${key}: revision ${write.revision} was acknowledged (call ${write.call}), and a list at ${list.revision} (call ${list.call}) ${is}`,
    );
  }

  /** Without a name: all of the namespace, or of the kind. */
  private forget(resource: string, key: string): void {
    const kept = this.kept.get(resource);
    if (!kept || !key.endsWith('/')) kept?.delete(key);
    else for (const each of [...kept.keys()]) if (key === '/' || each.startsWith(key)) kept.delete(each);
  }

  private keep({ target, call, atMs: askedAtMs }: Asked, { object }: Answered): void {
    const revision = revisionOf(object);
    if (revision === 0 || text(object, 'kind') === 'Scale') return;
    const kept = entryOf(this.kept, target.resource, () => new Map<string, Acknowledged>());
    const key = keyOf(object);
    if (this.hasGone(target.resource, key, revision, askedAtMs)) return;
    const before = kept.get(key);
    if (!before || before.revision < revision) kept.set(key, { revision, call });
  }

  /** Answers can be late: what was written went, or was asked to go, before the writer heard of it. */
  private hasGone(resource: string, key: string, revision: number, sinceMs: number): boolean {
    if ((this.gone.get(resource)?.get(key) ?? 0) > revision) return true;
    const asked = this.askedToGo.get(resource);
    const namespace = key.slice(0, key.indexOf('/') + 1);
    return [key, namespace, '/'].some((going) => (asked?.get(going) ?? -1) >= sinceMs);
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
      const shownBy = { revision: at, call };
      if (found) this.accuse(atMs, target.resource, key, write, shownBy, `has its revision ${found}`);
      else
        entryOf(this.missing, target.resource, () => new Map<string, Missing>()).set(key, {
          write,
          atMs,
          list: shownBy,
        });
    }
  }
}
