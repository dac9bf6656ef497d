/** Which labels a selector means (Kubernetes docs, "Labels and Selectors"). Pure, and without the schema: agents load it too. */

/** As much of a LabelSelector as matching needs. */
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export type LabelOperator = 'in' | 'notin' | 'exists' | 'absent' | 'greater' | 'less';

/** One condition of a label query. `in` with one value is equality. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export function satisfies({ key, operator, values }: LabelRequirement, labels: Record<string, string>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    default: {
      if (value === undefined || !/^[+-]?\d{1,18}$/.test(value)) return false;
      const bound = BigInt(values[0] ?? '0');
      return operator === 'greater' ? BigInt(value) > bound : BigInt(value) < bound;
    }
  }
}

export const NO_LABELS: Record<string, string> = Object.freeze({});

const OPERATORS: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'absent'],
]);

export function requirementsOf(selector: Selector): LabelRequirement[] | undefined {
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    requirements.push({ key, operator: 'in', values: [value] });
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS.get(operator);
    if (!known) return undefined;
    requirements.push({ key, operator: known, values: values ?? [] });
  }
  return requirements;
}

/** Whether `labels` satisfy the selector. An absent selector, or one with an unknown operator, selects nothing; `{}` everything. */
export function matchesLabelSelector(
  selector: Selector | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  const requirements = selector && requirementsOf(selector);
  return requirements?.every((requirement) => satisfies(requirement, labels ?? NO_LABELS)) ?? false;
}
