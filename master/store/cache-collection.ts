import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Change, Interest, Stretch } from './cache.ts';
import { Subscribers } from './cache-subscribers.ts';
import { ChangeRing } from './change-ring.ts';
import { compareKeys, inRange, rangeOf } from './key-range.ts';
import { LookupMap } from './ordered-map.ts';
import type { Revision } from './store.ts';

/** What leads from the present state to that of the revision `from`: the objects changed up to `seen`, as they were. */
interface Undo {
  readonly from: Revision;
  seen: Revision;
  readonly before: Map<string, ApiObject | undefined>;
}

/** Owns what the cache holds of one resource. Keys are the object's place under the resource: `namespace/name`, or `name`. */
export class Collection {
  /** Another definition of the same resource takes its place when a kind changes while the cache runs. */
  resource: ResourceDefinition;
  readonly prefix: string;
  /** While what was in the store before is being read: keys that have changed since, of which the watch knows better. */
  touched: Set<string> | undefined;
  readonly objects = new LookupMap<ApiObject>();
  readonly history: ChangeRing;
  readonly subscribers = new Subscribers();
  /** Before this revision the watch was lost, and `history` may lack states in between. */
  #exactFrom: Revision = 0;

  /** Of the list that was read last: its next page has only to look at what has changed since this one. */
  #undo: Undo | undefined;

  constructor(resource: ResourceDefinition, historySize: number) {
    this.resource = resource;
    this.prefix = storePrefix(resource);
    this.history = new ChangeRing(historySize, 0);
  }

  keyOf(namespace: string | undefined, name: string): string {
    return namespace ? `${namespace}/${name}` : name;
  }

  /** Whether a key is of the form this resource's objects have. */
  accepts(key: string): boolean {
    const slash = key.indexOf('/');
    if (!this.resource.namespaced) return key !== '' && slash < 0;
    return slash > 0 && slash < key.length - 1 && key.indexOf('/', slash + 1) < 0;
  }

  list(namespace: string | undefined): ApiObject[] {
    if (!namespace) return this.objects.values();
    // "0" is the character after "/".
    return this.objects.values(`${namespace}/`, `${namespace}0`);
  }

  /** All has been listed anew at this revision: of the states before it, not all were seen. */
  listedAt(revision: Revision): void {
    this.#exactFrom = revision;
    this.#undo = undefined;
  }

  /** As `CacheFeed.subscribe`. */
  subscribe(handler: (change: Change) => void, interest?: Interest): () => void {
    return this.subscribers.add(handler, interest);
  }

  /** As `CacheFeed.listAt`. */
  listAt({ revision, namespace, after }: Stretch): Iterable<ApiObject> | undefined {
    const before = this.#before(revision);
    if (!before) return undefined;
    const range = rangeOf(namespace ? `${namespace}/` : '', after);
    const now = this.objects.entries(range);
    if (before.size === 0) return valuesOf(now);
    const gone = [...before].filter(([key, was]) => was && !this.objects.get(key) && inRange(range, key));
    return undone(
      now,
      before,
      gone.sort(([a], [b]) => compareKeys(a, b)),
    );
  }

  /** What has changed since, as it was then (undefined: it was not there). Undefined when that is no longer known. */
  #before(revision: Revision): ReadonlyMap<string, ApiObject | undefined> | undefined {
    if (revision < this.#exactFrom || !this.history.reaches(revision)) return undefined;
    if (this.#undo?.from !== revision) this.#undo = { from: revision, seen: revision, before: new Map() };
    const { seen, before } = this.#undo;
    for (const change of this.history.since(seen) ?? []) {
      const { namespace, name = '' } = change.object.metadata ?? {};
      const key = this.keyOf(namespace, name);
      if (!before.has(key)) before.set(key, change.previous);
      this.#undo.seen = change.revision;
    }
    return before;
  }
}

type Entry = readonly [key: string, object: ApiObject | undefined];

function* valuesOf(entries: Iterable<Entry>): Generator<ApiObject> {
  for (const [, object] of entries) if (object) yield object;
}

/** What is there `now` as it was `before`, and with it what is `gone` since; both in key order. */
function* undone(
  now: Iterable<Entry>,
  before: ReadonlyMap<string, ApiObject | undefined>,
  gone: readonly Entry[],
): Generator<ApiObject> {
  let next = 0;
  for (const [key, object] of now) {
    for (; next < gone.length && compareKeys(gone[next]![0], key) < 0; next += 1) yield gone[next]![1]!;
    const was = before.has(key) ? before.get(key) : object;
    if (was) yield was;
  }
  for (; next < gone.length; next += 1) yield gone[next]![1]!;
}
