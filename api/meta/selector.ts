import { badRequest } from './errors.ts';
import { type LabelRequirement, NO_LABELS, requirementsOf, satisfies } from './label-matching.ts';
import { labelKeyFault, labelValueFault } from './names.ts';
import { atomicMap, list, optional, type Static, string, stringMap, struct } from './schema.ts';

export { type LabelOperator, type LabelRequirement, matchesLabelSelector } from './label-matching.ts';

/** Label and field selectors (Kubernetes docs, "Labels and Selectors" and "Field Selectors"). */

export const LabelSelectorRequirementSchema = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement',
  'One condition on one label.',
  {
    key: string('Label key the condition is about.'),
    operator: string('In, NotIn, Exists or DoesNotExist.'),
    values: optional(list(string('A label value.'), 'Values for In and NotIn; empty for Exists and DoesNotExist.')),
  },
);

export const LabelSelectorSchema = atomicMap(
  struct(
    'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
    'Selects objects by their labels; all conditions must hold. Empty selects everything.',
    {
      matchLabels: optional(stringMap('Labels with exactly these values.')),
      matchExpressions: optional(list(LabelSelectorRequirementSchema, 'Further conditions.')),
    },
  ),
);
export type LabelSelector = Static<typeof LabelSelectorSchema>;

/** A parsed label selector. No requirements: everything matches. */
export interface LabelQuery {
  readonly requirements: readonly LabelRequirement[];
  matches(labels: Record<string, string> | undefined): boolean;
}

/** One condition of a field selector: `field=value`, or `field!=value` when negated. */
export interface FieldRequirement {
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

const queryOf = (requirements: readonly LabelRequirement[]): LabelQuery => ({
  requirements,
  matches: (labels) => requirements.every((requirement) => satisfies(requirement, labels ?? NO_LABELS)),
});

/** Compiles a selector once for matching many objects. An absent selector selects nothing. */
export function labelQueryOf(selector: LabelSelector | undefined): LabelQuery {
  const requirements = selector && requirementsOf(selector);
  return requirements ? queryOf(requirements) : { requirements: [], matches: () => false };
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const sorted = [...values].sort();
  switch (operator) {
    case 'in':
      return sorted.length === 1 ? `${key}=${sorted[0]}` : `${key} in (${sorted.join(',')})`;
    case 'notin':
      return sorted.length === 1 ? `${key}!=${sorted[0]}` : `${key} notin (${sorted.join(',')})`;
    case 'exists':
      return key;
    case 'absent':
      return `!${key}`;
    default:
      return `${key}${operator === 'greater' ? '>' : '<'}${values[0]}`;
  }
}

/** The text of a query, conditions ordered by key. Parsing it gives an equal query. */
export const formatLabelQuery = (query: LabelQuery): string =>
  [...query.requirements]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');

/** The selector's text (`app=web,tier in (a,b)`); '' for one that selects everything, `<none>` for none. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const requirements = selector && requirementsOf(selector);
  return requirements ? formatLabelQuery(queryOf(requirements)) : '<none>';
}

/** Splits at commas that are not inside parentheses. */
function splitConditions(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const SET = /^([^\s=!<>(),]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const COMPARE = /^([^\s=!<>(),]+)\s*(==|=|!=|>|<)\s*([^\s=!<>(),]*)$/;
const EXISTS = /^(!?)\s*([^\s=!<>(),]+)$/;

function parseCondition(condition: string, whole: string): LabelRequirement {
  const set = SET.exec(condition);
  if (set) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values };
  }
  const compare = COMPARE.exec(condition);
  if (compare) {
    const [, key = '', sign = '', value = ''] = compare;
    const operator = sign === '>' ? 'greater' : sign === '<' ? 'less' : sign === '!=' ? 'notin' : 'in';
    return { key, operator, values: [value] };
  }
  const exists = EXISTS.exec(condition);
  if (exists) return { key: exists[2] ?? '', operator: exists[1] ? 'absent' : 'exists', values: [] };
  throw badRequest(
    `unable to parse requirement: found ${JSON.stringify(condition)} in label selector ${JSON.stringify(whole)}, expected one of: key, !key, key=value, key!=value, key in (a,b), key notin (a,b), key>1, key<1`,
  );
}

function checkCondition({ key, operator, values }: LabelRequirement): void {
  const keyFault = labelKeyFault(key);
  if (keyFault)
    throw badRequest(`unable to parse requirement: key: Invalid value: ${JSON.stringify(key)}: ${keyFault}`);
  for (const value of values) {
    const isBound = operator === 'greater' || operator === 'less';
    const fault = isBound
      ? /^[+-]?\d{1,18}$/.test(value)
        ? undefined
        : "for 'Gt', 'Lt' operators, the value must be an integer"
      : labelValueFault(value);
    if (fault)
      throw badRequest(
        `unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${fault}`,
      );
  }
}

/** Parses `labelSelector` of a request. Throws 400 naming the condition that cannot be understood. '' matches everything. */
export function parseLabelSelector(text: string): LabelQuery {
  if (text.trim() === '') return queryOf([]);
  const requirements = splitConditions(text).map((condition) => parseCondition(condition.trim(), text));
  requirements.forEach(checkCondition);
  return queryOf(requirements);
}

/** Splits at unescaped commas, keeping escapes. */
function splitFields(text: string): string[] {
  const parts: string[] = [''];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === ',') parts.push('');
    else if (character === '\\') {
      parts[parts.length - 1] += character + (text[index + 1] ?? '');
      index += 1;
    } else parts[parts.length - 1] += character;
  }
  return parts;
}

function unescapeValue(value: string, whole: string): string {
  return value.replace(/\\(.?)|[=]/gs, (found, escaped: string | undefined) => {
    if (escaped === '\\' || escaped === ',' || escaped === '=') return escaped;
    throw badRequest(
      `invalid field selector ${JSON.stringify(whole)}: cannot understand ${JSON.stringify(found)} in a value; escape ',', '=' and '\\' with '\\'`,
    );
  });
}

/** Parses `fieldSelector` of a request (`a=b,c!=d`; `\\` escapes). Throws 400 for text it cannot understand. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitFields(text)
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^=!\\]+)(==|!=|=)(.*)$/s.exec(part);
      if (!match)
        throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`);
      const [, field = '', sign, value = ''] = match;
      return { field: field.trim(), value: unescapeValue(value, text), negated: sign === '!=' };
    });
}
