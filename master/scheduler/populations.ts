import type { LabelQuery } from '../../api/meta/selector.ts';

/** Pods meant by a term or constraint: in one of the namespaces, with labels that satisfy the query. */
export interface PodSelector {
  /** Equal selectors have equal keys. */
  readonly key: string;
  /** By name, and by their labels: the union counts. */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceQuery?: LabelQuery;
  readonly query: LabelQuery;
  /** Only pods that this controller made. */
  readonly ownerUid?: string;
  /** Whether pods that are being deleted still count. */
  readonly countsLeaving: boolean;
  /** Selectors that must match as well. */
  readonly also?: readonly PodSelector[];
}

/** Pods that are the same to every selector. */
export interface Peers {
  /** Uid of the controller that made them. */
  readonly ownerUid?: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly leaving: boolean;
}

/**
 * How many of some pods are in each slot.
 *
 * Owns: the counts.
 */
export class Population {
  #counts = new Int32Array(0);
  /** Over all slots. */
  total = 0;

  at(slot: number): number {
    return slot < this.#counts.length ? this.#counts[slot]! : 0;
  }

  add(slot: number, count: number): void {
    if (slot >= this.#counts.length) this.#grow(slot + 1);
    this.#counts[slot] = this.#counts[slot]! + count;
    this.total += count;
  }

  clear(): void {
    this.#counts.fill(0);
    this.total = 0;
  }

  #grow(size: number): void {
    const counts = new Int32Array(Math.max(64, 2 * size));
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

interface Selected {
  readonly selector: PodSelector;
  readonly population: Population;
  users: number;
}

/** A member of populations: it knows which ones count it. */
export interface Member extends Peers {
  populations: readonly Population[];
}

/** Where members are: every slot that holds some, and how many. */
export type Census = (visit: (member: Member, slot: number) => void) => void;

/**
 * Counts pods by what selects them, for as long as somebody asks.
 *
 * Owns: a population for each selector in use, and the members that have pods in the cell, by namespace. Invariant: the
 * populations of an enrolled member are those whose selectors match it.
 */
export class Populations {
  readonly #selected = new Map<string, Selected>();
  readonly #members = new Map<string, Set<Member>>();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #census: Census;

  constructor(census: Census) {
    this.#census = census;
  }

  /** The population of a selector, counted from now on; every `select` wants a `release`. */
  select(selector: PodSelector): Population {
    const known = this.#selected.get(selector.key);
    if (known) {
      known.users++;
      return known.population;
    }
    const selected: Selected = { selector, population: new Population(), users: 1 };
    this.#selected.set(selector.key, selected);
    this.#count([selected]);
    return selected.population;
  }

  release(selector: PodSelector): void {
    const selected = this.#selected.get(selector.key);
    if (!selected || --selected.users > 0) return;
    this.#selected.delete(selector.key);
    for (const members of this.#members.values())
      for (const member of members)
        if (member.populations.includes(selected.population))
          member.populations = member.populations.filter((population) => population !== selected.population);
  }

  /** Before its first pod is placed. */
  enrol(member: Member): void {
    const members = this.#members.get(member.namespace) ?? new Set();
    this.#members.set(member.namespace, members.add(member));
    member.populations = [...this.#selected.values()]
      .filter(({ selector }) => this.selects(selector, member))
      .map(({ population }) => population);
  }

  /** After its last pod has gone. */
  retire(member: Member): void {
    const members = this.#members.get(member.namespace);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(member.namespace);
    member.populations = [];
  }

  /** Returns whether the labels differ from what was known. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): boolean {
    if (sameLabels(this.#namespaces.get(name), labels)) return false;
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    this.#recount();
    return true;
  }

  selects(selector: PodSelector, peers: Peers): boolean {
    const { namespace, labels, leaving } = peers;
    if (leaving && !selector.countsLeaving) return false;
    if (selector.ownerUid && selector.ownerUid !== peers.ownerUid) return false;
    const inNamespace =
      selector.namespaces.has(namespace) || selector.namespaceQuery?.matches(this.#namespaces.get(namespace) ?? {});
    if (!inNamespace || !selector.query.matches(labels)) return false;
    return selector.also?.every((other) => this.selects(other, peers)) ?? true;
  }

  /** A namespace's labels have changed: who is selected through them may have, too. */
  #recount(): void {
    const affected = [...this.#selected.values()].filter(({ selector }) => asksNamespaces(selector));
    if (affected.length === 0) return;
    const stale = new Set(affected.map(({ population }) => population));
    for (const members of this.#members.values())
      for (const member of members) {
        member.populations = member.populations.filter((population) => !stale.has(population));
      }
    for (const population of stale) population.clear();
    this.#count(affected);
  }

  #count(added: readonly Selected[]): void {
    const joining = new Map<Member, Population[]>();
    for (const { selector, population } of added)
      for (const member of this.#candidates(selector))
        if (this.selects(selector, member)) {
          member.populations = [...member.populations, population];
          const populations = joining.get(member);
          if (populations) populations.push(population);
          else joining.set(member, [population]);
        }
    if (joining.size === 0) return;
    this.#census((member, slot) => {
      for (const population of joining.get(member) ?? []) population.add(slot, 1);
    });
  }

  *#candidates(selector: PodSelector): Generator<Member> {
    const namespaces = selector.namespaceQuery ? this.#members.keys() : selector.namespaces;
    for (const namespace of namespaces) yield* this.#members.get(namespace) ?? [];
  }
}

function asksNamespaces({ namespaceQuery, also }: PodSelector): boolean {
  return namespaceQuery !== undefined || (also?.some(asksNamespaces) ?? false);
}

function sameLabels(
  a: Readonly<Record<string, string>> | undefined,
  b: Readonly<Record<string, string>> | undefined,
): boolean {
  return a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));
}
