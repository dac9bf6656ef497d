import type { SeenObject } from '../history.ts';
import { type Amounts, heldAmounts, reservedAmounts } from './amounts.ts';
import { controllerOf, count, isDeleting, list, type Owner, text, uidOf } from './fields.ts';

export const PODS = '/pods';

/** What the rules ask of a pod, read from its object once. */
export interface SeenPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** '' while it has no place. */
  readonly node: string;
  readonly phase: string;
  /** Succeeded or Failed. */
  readonly over: boolean;
  readonly deleting: boolean;
  readonly ready: boolean;
  readonly priority: number;
  readonly holds: Amounts;
  /** What is kept for it; more than it holds while a resize is under way. */
  readonly reserves: Amounts;
  readonly owner: Owner | undefined;
}

const read = new WeakMap<SeenObject, SeenPod>();

export function podOf(object: SeenObject): SeenPod {
  const known = read.get(object);
  if (known) return known;
  const phase = text(object, 'status', 'phase');
  const pod: SeenPod = {
    uid: uidOf(object),
    namespace: text(object, 'metadata', 'namespace'),
    name: text(object, 'metadata', 'name'),
    node: text(object, 'spec', 'nodeName'),
    phase,
    over: phase === 'Succeeded' || phase === 'Failed',
    deleting: isDeleting(object),
    ready: hasCondition(object, 'Ready'),
    priority: count(object, 'spec', 'priority') ?? 0,
    holds: heldAmounts(object),
    reserves: reservedAmounts(object),
    owner: controllerOf(object),
  };
  read.set(object, pod);
  return pod;
}

/** Whether the condition is `True`. */
export const hasCondition = (object: unknown, type: string): boolean => conditionOf(object, type)?.status === 'True';

export const conditionOf = (object: unknown, type: string): SeenObject | undefined =>
  list(object, 'status', 'conditions').find((condition) => condition.type === type);

/** Bands are ranges of priority (docs/QUOTA-AND-BANDS.md); the most important first. */
const BANDS: readonly (readonly [string, number])[] = [
  ['monitoring', 900_000_000],
  ['production', 1_000_000],
  ['batch', 0],
  ['free', Number.NEGATIVE_INFINITY],
];

/** 0 is the most important. */
export const bandRank = (priority: number): number => BANDS.findIndex(([, from]) => priority >= from);
export const bandOf = (priority: number): string => BANDS[bandRank(priority)]![0];
export const PRODUCTION_RANK = 1;
