import type { FieldError } from '../meta/errors.ts';
import type { LabelSelector } from '../meta/selector.ts';
import { forbiddenField, invalidValue, labelKeyFault } from '../meta/validation.ts';
import { each, faultOf } from './checks.ts';

/** By field, the keys of the pod's own labels by which a selector is narrowed. */
interface OwnLabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/**
 * They narrow a selector, so there must be one, and each says something of its own: of a key that the selector names as well it
 * would be unclear what counts ("Assigning Pods to Nodes", matchLabelKeys; "Pod Topology Spread Constraints").
 */
export function ownLabelFaults(selector: LabelSelector | undefined, path: string, fields: OwnLabelKeys): FieldError[] {
  const named = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  return (Object.entries(fields) as [keyof OwnLabelKeys, readonly string[] | undefined][]).flatMap(([field, keys]) => {
    const at = `${path}.${field}`;
    if (!keys?.length) return [];
    if (!selector) return [forbiddenField(at, 'must not be specified when labelSelector is not set')];
    return each(keys, at, (key, where) => [
      ...faultOf(where, key, labelKeyFault(key)),
      ...(named.has(key) ? [invalidValue(where, key, `exists in both ${field} and labelSelector`)] : []),
      ...(field === 'matchLabelKeys' && fields.mismatchLabelKeys?.includes(key)
        ? [invalidValue(where, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
        : []),
    ]);
  });
}
