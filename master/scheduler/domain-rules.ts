import type { Node } from '../../api/core/node.ts';
import type { Population } from './populations.ts';
import type { Tally } from './tally.ts';
import { NO_DOMAIN } from './topology.ts';

/** What the pods in a node's domains mean for one more pod (docs/SCHEDULING.md: affinity, anti-affinity, spread). */
export type DomainRule = DomainConstraint | DomainPreference;

export type DomainConstraint =
  /** The domain must hold one of the population; if no domain does, and `self` is true, the pod may be the first. */
  | {
      readonly type: 'attract';
      readonly topologyKey: string;
      readonly population: Population;
      readonly self: boolean;
      readonly refusal: string;
    }
  /** The domain must hold none. */
  | {
      readonly type: 'repel';
      readonly topologyKey: string;
      readonly population: Population;
      readonly refusal: string;
    }
  /** With the pod, the domain may hold at most `maxSkew` more than the emptiest one. */
  | {
      readonly type: 'even';
      readonly topologyKey: string;
      readonly population: Population;
      readonly counts: (node: Node) => boolean;
      readonly maxSkew: number;
      readonly minDomains: number;
      readonly self: boolean;
      readonly refusal: string;
    };

export type DomainPreference =
  /** Each of the population in the domain is worth `weight`. */
  | {
      readonly type: 'worth';
      readonly topologyKey: string;
      readonly population: Population;
      readonly weight: number;
    }
  /** The fewer in the domain the better. */
  | {
      readonly type: 'evenly';
      readonly topologyKey: string;
      readonly population: Population;
      readonly counts: (node: Node) => boolean;
      readonly maxSkew: number;
    };

/** Stands for the total of a domain where the node is in none. */
export const ABSENT = -1;

/** A rule, and how many pods it counts where. */
export interface Ruled<R extends DomainRule> {
  readonly rule: R;
  readonly tally: Tally;
  /** Which part of a class's key tells of it: a total where the key is narrow, else a domain. */
  readonly part: number;
  readonly narrow: boolean;
}

export const isPreference = (rule: DomainRule): rule is DomainPreference =>
  rule.type === 'worth' || rule.type === 'evenly';

/** To `attract` and `repel` all totals above zero are one. */
export function boundedTotal(rule: DomainRule, total: number): number {
  return rule.type === 'attract' || rule.type === 'repel' ? Math.min(1, total) : total;
}

/** What the rule counts in the domain that the key of a class names; `ABSENT` where it names none. */
export function totalIn({ tally, part, narrow }: Ruled<DomainRule>, key: Int32Array): number {
  const value = key[part]!;
  if (narrow || value === NO_DOMAIN) return value;
  return tally.total(value);
}

/** Whether one more pod may join a domain with that total, where the least of any domain is `least`. */
export function permits(rule: DomainConstraint, total: number, least: number, first: boolean): boolean {
  switch (rule.type) {
    case 'attract':
      return total > 0 || (total === 0 && first);
    case 'repel':
      return total <= 0;
    case 'even':
      return total !== ABSENT && total + (rule.self ? 1 : 0) - least <= rule.maxSkew;
  }
}
