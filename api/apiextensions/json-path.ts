import { isJsonObject, ownOf } from '../meta/json.ts';

/**
 * The simple JSON paths of CustomResourceDefinitions (Kubernetes docs, "Additional printer columns"): `.spec.replicas`,
 * `.spec.items[0].name`, `.metadata.labels['app']`, `.items[*].name`, `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.a\.b`.
 */

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | {
      readonly type: 'filter';
      readonly path: readonly Step[];
      readonly operator: '==' | '!=';
      readonly value: unknown;
    };

export type JsonPath = readonly Step[];

const FIELD = /^\.((?:[^.[\]\\\s'"()]|\\.)+)/;
const QUOTED = /^\[(?:'([^']*)'|"([^"]*)")\]/;
const INDEX = /^\[(-?\d+)\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const FILTER =
  /^\[\?\(\s*@((?:\.[^\s=!()[\]]+|\['[^']*'\])+)\s*(==|!=)\s*("[^"]*"|'[^']*'|true|false|-?\d+(?:\.\d+)?)\s*\)\]/;
const MAX_LENGTH = 1_000;

/** The steps of a path, which may stand in braces; undefined for what is not a path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  let rest = text.trim();
  if (rest.length > MAX_LENGTH) return undefined;
  if (rest.startsWith('{') && rest.endsWith('}')) rest = rest.slice(1, -1).trim();
  if (rest.startsWith('$')) rest = rest.slice(1);
  if (!rest.startsWith('.') && !rest.startsWith('[')) return undefined;
  if (rest === '.') return [];
  const steps: Step[] = [];
  while (rest !== '') {
    const taken = takeStep(rest);
    if (!taken) return undefined;
    steps.push(taken.step);
    rest = rest.slice(taken.length);
  }
  return steps;
}

function takeStep(rest: string): { step: Step; length: number } | undefined {
  const all = ALL.exec(rest);
  if (all) return { step: { type: 'all' }, length: all[0].length };
  const field = FIELD.exec(rest);
  if (field)
    return { step: { type: 'field', name: (field[1] ?? '').replace(/\\(.)/g, '$1') }, length: field[0].length };
  const quoted = QUOTED.exec(rest);
  if (quoted) return { step: { type: 'field', name: quoted[1] ?? quoted[2] ?? '' }, length: quoted[0].length };
  const index = INDEX.exec(rest);
  if (index) return { step: { type: 'index', index: Number(index[1]) }, length: index[0].length };
  const filter = FILTER.exec(rest);
  const path = filter && parseJsonPath(filter[1] ?? '');
  if (!filter || !path) return undefined;
  const literal = filter[3] ?? '';
  const value = /^['"]/.test(literal) ? literal.slice(1, -1) : JSON.parse(literal);
  return { step: { type: 'filter', path, operator: filter[2] as '==' | '!=', value }, length: filter[0].length };
}

/** Whether a path only names fields, as those of `scale` and of field selectors must. */
export const isPlainPath = (path: JsonPath): boolean => path.length > 0 && path.every(({ type }) => type === 'field');

/** Every value the path leads to. */
export function valuesAt(value: unknown, path: JsonPath): unknown[] {
  let found: unknown[] = [value];
  for (const step of path) found = found.flatMap((each) => follow(each, step));
  return found;
}

/** The first value the path leads to. */
export const valueAt = (value: unknown, path: JsonPath): unknown => valuesAt(value, path)[0];

function follow(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'field': {
      const item = isJsonObject(value) ? ownOf(value, step.name) : undefined;
      return item === undefined || item === null ? [] : [item];
    }
    case 'index': {
      const item = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      return Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value)
        ? value.filter((item) => (valueAt(item, step.path) === step.value) === (step.operator === '=='))
        : [];
  }
}
