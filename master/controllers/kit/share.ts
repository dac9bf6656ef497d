/**
 * A number of pods that may be given as a share of all (`25%`); what is neither counts as none (Kubernetes API conventions,
 * IntOrString). `round` says which way parts of a pod go.
 */
export function shareOf(value: number | string, total: number, round: (exact: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = Number(value.replace('%', ''));
  return Number.isNaN(percent) ? 0 : round((percent * total) / 100);
}
