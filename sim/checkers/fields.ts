import type { SeenObject, Target } from '../history.ts';

/** Reading what was seen as the JSON that it is: an absent field is `undefined`, '' or an empty list, never an error. */

export function field(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as SeenObject)[name];
  }
  return found;
}

export function text(value: unknown, ...path: readonly string[]): string {
  const found = field(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function count(value: unknown, ...path: readonly string[]): number | undefined {
  const found = field(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function list(value: unknown, ...path: readonly string[]): readonly SeenObject[] {
  const found = field(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function entries(value: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] {
  const found = field(value, ...path);
  return typeof found === 'object' && found !== null ? Object.entries(found) : [];
}

export const uidOf = (object: unknown): string => text(object, 'metadata', 'uid');
export const isDeleting = (object: unknown): boolean => field(object, 'metadata', 'deletionTimestamp') !== undefined;

/** 0 where there is none. */
export const revisionOf = (object: unknown): number => Number(text(object, 'metadata', 'resourceVersion') || 0);

/** `namespace/name`; names of things without a namespace begin with the slash. */
export const keyOf = (object: unknown): string =>
  `${text(object, 'metadata', 'namespace')}/${text(object, 'metadata', 'name')}`;

export const targetKey = ({ namespace, name }: Target): string => `${namespace}/${name}`;

export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The owner that controls it. */
export function controllerOf(object: unknown): Owner | undefined {
  const found = list(object, 'metadata', 'ownerReferences').find((owner) => owner.controller === true);
  return found && { kind: text(found, 'kind'), name: text(found, 'name'), uid: text(found, 'uid') };
}

/** Label selectors as Kubernetes documents them ("Labels and Selectors"); one that is absent selects nothing. */
export function selects(selector: unknown, labels: unknown): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const has = (key: string) => field(labels, key);
  const equal = entries(selector, 'matchLabels').every(([key, value]) => has(key) === value);
  return equal && list(selector, 'matchExpressions').every((term) => holds(term, has(text(term, 'key'))));
}

function holds(term: SeenObject, value: unknown): boolean {
  const named = field(term, 'values');
  const among = Array.isArray(named) && named.includes(value);
  switch (term.operator) {
    case 'In':
      return among;
    case 'NotIn':
      return !among;
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}
