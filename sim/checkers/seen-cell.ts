import type { Observation, SeenObject } from '../history.ts';
import { isDeleting, keyOf, revisionOf } from './fields.ts';

/** The client whose watches of whole kinds show the cell. */
export const ONLOOKER = 'onlooker';

export interface Change {
  readonly atMs: number;
  readonly resource: string;
  readonly key: string;
  readonly before?: SeenObject;
  readonly after?: SeenObject;
  /** When it happened; of what a list turned out to lack, the revision of the list. */
  readonly revision: number;
  /** How it came to be known: a list shows states, and not what happened between them. */
  readonly by: 'told' | 'listed';
}

/** What happened between the two revisions was not told: the onlooker listed everything anew. */
export interface Gap {
  readonly resource: string;
  readonly after: number;
  readonly until: number;
}

interface Followed {
  readonly objects: Map<string, SeenObject>;
  watch: number;
  revision: number;
  /** Times that something may have been missed. */
  gaps: number;
}

/**
 * What there is, as the onlooker was told. Owns the newest known object of each name, by resource, and follows one watch of each
 * resource at a time; what other watches tell is for those who judge watches.
 */
export class SeenCell {
  private readonly resources = new Map<string, Followed>();
  private readonly byWatch = new Map<number, string>();
  private readonly changed: (change: Change) => void;
  private readonly missed: (gap: Gap) => void;

  constructor(changed: (change: Change) => void, missed: (gap: Gap) => void) {
    this.changed = changed;
    this.missed = missed;
  }

  /** By `namespace/name`. */
  all(resource: string): ReadonlyMap<string, SeenObject> {
    return this.resources.get(resource)?.objects ?? NONE;
  }

  /** What is not on its way out. */
  *living(resource: string): Generator<readonly [string, SeenObject]> {
    for (const entry of this.all(resource)) if (!isDeleting(entry[1])) yield entry;
  }

  follows(resource: string): boolean {
    return this.resources.has(resource);
  }

  /** Whether everything that happened since the first list was told. */
  isGapless(resource: string): boolean {
    return this.resources.get(resource)?.gaps === 0;
  }

  take(seen: Observation): void {
    switch (seen.type) {
      case 'watching':
        if (seen.client === ONLOOKER && !seen.target.namespace && !seen.target.name) this.begin(seen);
        return;
      case 'told': {
        const resource = this.byWatch.get(seen.watch);
        if (resource !== undefined && seen.change !== 'BOOKMARK') this.told(resource, seen);
        return;
      }
      case 'unwatched':
        this.byWatch.delete(seen.watch);
        return;
      default:
    }
  }

  private begin(seen: Extract<Observation, { type: 'watching' }>): void {
    const { resource } = seen.target;
    const from = Number(seen.from);
    const known = this.resources.get(resource);
    const followed = known ?? { objects: new Map(), watch: seen.watch, revision: from, gaps: 0 };
    this.resources.set(resource, followed);
    if (known) this.byWatch.delete(known.watch);
    followed.watch = seen.watch;
    this.byWatch.set(seen.watch, resource);
    if (seen.initial) this.listed(resource, followed, seen.initial, from, seen.atMs, known !== undefined);
    else if (from > followed.revision) followed.gaps += 1;
  }

  private listed(
    resource: string,
    followed: Followed,
    items: readonly SeenObject[],
    from: number,
    atMs: number,
    again: boolean,
  ): void {
    if (again && from < followed.revision) return;
    const there = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, before] of [...followed.objects]) {
      if (!there.has(key)) this.put(resource, followed, { key, before, revision: from, atMs, by: 'listed' });
    }
    for (const [key, after] of there) {
      const before = followed.objects.get(key);
      if (before && revisionOf(before) >= revisionOf(after)) continue;
      this.put(resource, followed, { key, before, after, revision: revisionOf(after), atMs, by: 'listed' });
    }
    const after = followed.revision;
    followed.revision = from;
    if (!again || from === after) return;
    followed.gaps += 1;
    this.missed({ resource, after, until: from });
  }

  private told(resource: string, seen: Extract<Observation, { type: 'told' }>): void {
    const followed = this.resources.get(resource)!;
    const key = keyOf(seen.object);
    const revision = revisionOf(seen.object);
    const before = followed.objects.get(key);
    const late = revision < followed.revision || (before !== undefined && revisionOf(before) >= revision);
    if (late || (seen.change === 'DELETED' && !before)) return;
    followed.revision = revision;
    const after = seen.change === 'DELETED' ? undefined : seen.object;
    this.put(resource, followed, { key, before, after, revision, atMs: seen.atMs, by: 'told' });
  }

  private put(resource: string, { objects }: Followed, change: Omit<Change, 'resource'>): void {
    if (change.after) objects.set(change.key, change.after);
    else objects.delete(change.key);
    this.changed({ ...change, resource });
  }
}

const NONE: ReadonlyMap<string, SeenObject> = new Map();
