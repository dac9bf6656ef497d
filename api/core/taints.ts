import { int64, oneOf, optional, type Static, string, struct, time } from '../meta/schema.ts';

/** Taints of nodes and tolerations of pods ("Taints and Tolerations"). */

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

export const TaintSchema = struct('io.k8s.api.core.v1.Taint', 'Keeps pods that do not tolerate it off a node.', {
  effect: oneOf('What happens to pods that do not tolerate it.', TAINT_EFFECTS),
  key: string('Key of the taint.'),
  timeAdded: optional(time('When the taint was added.')),
  value: optional(string('Value of the taint.')),
});
export type Taint = Static<typeof TaintSchema>;

export const TolerationSchema = struct('io.k8s.api.core.v1.Toleration', 'Lets a pod onto nodes with matching taints.', {
  effect: optional(string('Effect it matches; empty matches all.')),
  key: optional(string('Key it matches; empty with operator Exists matches all.')),
  operator: optional(string('Equal (default) compares the value; Exists matches any; Lt and Gt compare integers.')),
  tolerationSeconds: optional(int64('Seconds a NoExecute taint is borne; default for ever.')),
  value: optional(string('Value it matches.')),
});
export type Toleration = Static<typeof TolerationSchema>;

/** Whether one toleration matches the taint. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
    case 'Gt':
      return compareIntegers(taint.value, toleration.value) > 0;
    case 'Lt':
      return compareIntegers(taint.value, toleration.value) < 0;
    default:
      return false;
  }
}

/** NaN (which compares false) where either side is not a whole number. */
function compareIntegers(left: string | undefined, right: string | undefined): number {
  const whole = /^-?\d+$/;
  if (!whole.test(left ?? '') || !whole.test(right ?? '')) return Number.NaN;
  return Number(left) - Number(right);
}

/** Whether any of a pod's tolerations matches the taint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false;
}

/** The first taint with one of the effects that no toleration matches; `undefined` when the pod may stay. */
export function untoleratedTaint(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly Taint[] | undefined,
  effects: readonly Taint['effect'][],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerates(tolerations, taint));
}
