import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';

/** By resource name, in units of `unitsOf`. */
export type Amounts = ReadonlyMap<string, number>;

/** What one object counts for, in its namespace. Objects with the same key have the same traits, and are added up together. */
export interface Claim<Traits> {
  readonly namespace: string;
  readonly key: string | number;
  readonly traits: Traits;
  readonly amounts: Amounts;
}

/** How the objects of one kind are counted. */
export interface Counting<T extends ApiObject, Traits> {
  /** Nothing for objects that do not count (any more). */
  claimOf(object: T): Claim<Traits> | undefined;
  /** Whether two states of an object make the same claim, as far as can be told at little cost. */
  isSameClaim(one: T, other: T): boolean;
}

interface Sum<Traits> {
  readonly traits: Traits;
  objects: number;
  readonly amounts: Map<string, number>;
}

/**
 * What the objects of one kind use, kept up to date change by change; nothing is ever added up again.
 *
 * Owns: one sum per namespace and key that has objects.
 */
export class UsageBook<T extends ApiObject, Traits> {
  readonly #counting: Counting<T, Traits>;
  readonly #byNamespace = new Map<string, Map<string | number, Sum<Traits>>>();

  constructor(counting: Counting<T, Traits>) {
    this.#counting = counting;
  }

  /** Takes a change of the cache in; returns whether it made a difference. */
  apply({ type, object, previous }: Change<T>): boolean {
    const { claimOf, isSameClaim } = this.#counting;
    // Most changes are of the status, and cost nothing here.
    if (type === 'modified' && previous && isSameClaim(previous, object)) return false;
    const before = previous && claimOf(previous);
    const after = type === 'deleted' ? undefined : claimOf(object);
    if (before) this.remove(before);
    if (after) this.add(after);
    return before !== undefined || after !== undefined;
  }

  add({ namespace, key, traits, amounts }: Claim<Traits>): void {
    const sums = this.#byNamespace.get(namespace) ?? new Map<string | number, Sum<Traits>>();
    this.#byNamespace.set(namespace, sums);
    const sum = sums.get(key) ?? { traits, objects: 0, amounts: new Map<string, number>() };
    sums.set(key, sum);
    sum.objects += 1;
    addTo(sum.amounts, amounts, 1);
  }

  /** Of a claim that was added before. */
  remove({ namespace, key, amounts }: Claim<Traits>): void {
    const sums = this.#byNamespace.get(namespace);
    const sum = sums?.get(key);
    if (!sums || !sum) return;
    sum.objects -= 1;
    addTo(sum.amounts, amounts, -1);
    if (sum.objects > 0) return;
    sums.delete(key);
    if (sums.size === 0) this.#byNamespace.delete(namespace);
  }

  /** What the objects of a namespace use whose traits count. Costs a step per key in use there. */
  total(namespace: string, counts: (traits: Traits) => boolean): Amounts {
    const total = new Map<string, number>();
    for (const { traits, amounts } of this.#byNamespace.get(namespace)?.values() ?? [])
      if (counts(traits)) addTo(total, amounts, 1);
    return total;
  }
}

/**
 * The usage of one kind from the first question on: where nothing is limited, nothing is counted.
 *
 * Owns: the book, once somebody has asked for it.
 */
export class UsageOnDemand<T extends ApiObject, Traits> {
  readonly #resource: ResourceDefinition<T>;
  readonly #counting: Counting<T, Traits>;
  #book: UsageBook<T, Traits> | undefined;

  constructor(resource: ResourceDefinition<T>, counting: Counting<T, Traits>) {
    this.#resource = resource;
    this.#counting = counting;
  }

  /** Takes a change of the cache in; returns whether it made a difference. As long as nobody has asked, it may always. */
  apply(change: Change<T>): boolean {
    return this.#book?.apply(change) ?? true;
  }

  /** Not while changes are being told: the view may show some that have yet to come. */
  of(view: CacheReader): UsageBook<T, Traits> {
    if (!this.#book) {
      this.#book = new UsageBook(this.#counting);
      for (const object of view.list(this.#resource)) {
        this.#book.apply({ type: 'added', object, revision: view.revision });
      }
    }
    return this.#book;
  }
}

function addTo(sum: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + sign * amount);
}

/** Whether both are states of one object whose spec has not changed since, or not in these parts. */
export function sharesParts<S extends object>(
  one: ApiObject & { spec?: S },
  other: ApiObject & { spec?: S },
  parts: readonly (keyof S)[],
): boolean {
  if (metaOf(one).uid !== metaOf(other).uid) return false;
  return (
    metaOf(one).generation === metaOf(other).generation ||
    parts.every((part) => one.spec?.[part] === other.spec?.[part])
  );
}
