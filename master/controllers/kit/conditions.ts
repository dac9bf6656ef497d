/** What all kinds' conditions have in common (Kubernetes API conventions, "Typical status properties"). */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * The list with this condition in it. One that already says the same (status and reason) stays as it is, with its time stamps;
 * `lastTransitionTime` moves only when the status does.
 */
export function withCondition<C extends Condition>(
  conditions: readonly C[] | undefined,
  next: C,
  nowText: string,
): C[] {
  const list = [...(conditions ?? [])];
  const index = list.findIndex(({ type }) => type === next.type);
  const present = list[index];
  if (!present) return [...list, { ...next, lastTransitionTime: nowText }];
  if (present.status === next.status && present.reason === next.reason) return list;
  const since = present.status === next.status ? present.lastTransitionTime : nowText;
  list[index] = { ...next, lastTransitionTime: since };
  return list;
}

export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
