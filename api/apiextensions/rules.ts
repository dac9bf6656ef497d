import type { FieldError } from '../meta/errors.ts';
import { isJsonObject, ownOf } from '../meta/json.ts';
import type { ApiObject } from '../meta/object.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import { compileExpression, type Expression, optionalOf } from './cel.ts';
import { escapedName, expressionValue } from './cel-values.ts';
import { parseJsonPath } from './json-path.ts';
import type { ValidationRule } from './json-schema.ts';
import type { Structure } from './structure.ts';

/** `x-kubernetes-validations`: rules in the Common Expression Language (Kubernetes docs, "Validation rules"). */

const REASONS = ['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate'];
/** Rules of one object that are evaluated; each of a list's rules counts once per item. */
const MAX_EVALUATIONS = 20_000;
const MAX_MESSAGE_LENGTH = 5_120;

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

/** Rules by where they stand. Parts without rules are left out. */
interface RuleTree {
  readonly structure: Structure;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly values: RuleTree | undefined;
  readonly items: RuleTree | undefined;
}

export interface Rules {
  /** `previous`: before an update, for transition rules. */
  faults(object: ApiObject, previous: ApiObject | undefined): FieldError[];
}

/** Rules that cannot be compiled are passed over: `ruleFaults` has refused them, or they are older than it. */
export function compileRules(structure: Structure): Rules {
  const tree = treeOf(structure);
  if (!tree) return { faults: () => [] };
  return {
    faults(object, previous) {
      const run = new Run();
      const now = expressionValue(object, structure);
      const before = previous && expressionValue(previous, structure);
      run.visit(tree, object, now, previous, before, '');
      return run.faults;
    },
  };
}

function treeOf(structure: Structure): RuleTree | undefined {
  const rules = (structure.schema['x-kubernetes-validations'] ?? []).flatMap(compileRule);
  const parts = [...structure.properties].map(([name, part]) => [name, treeOf(part)] as const);
  const properties = new Map(parts.filter((part): part is [string, RuleTree] => part[1] !== undefined));
  const values = structure.values && treeOf(structure.values);
  const items = structure.items && treeOf(structure.items);
  return rules.length > 0 || properties.size > 0 || values || items
    ? { structure, rules, properties, values, items }
    : undefined;
}

function compileRule(rule: ValidationRule): CompiledRule[] {
  try {
    const message = rule.messageExpression ? compileExpression(rule.messageExpression) : undefined;
    return [{ rule, expression: compileExpression(rule.rule), message }];
  } catch {
    return [];
  }
}

/** One object's rules under way. */
class Run {
  readonly faults: FieldError[] = [];
  private evaluations = 0;

  visit(tree: RuleTree, value: unknown, now: unknown, previous: unknown, before: unknown, path: string): void {
    if (value === undefined || value === null) return;
    const size = tree.rules.length > 0 ? sizeOf(value) : 0;
    for (const rule of tree.rules) this.evaluate(rule, value, now, before, size, path);
    if (Array.isArray(value) && tree.items) this.visitItems(tree, tree.items, value, now, previous, before, path);
    if (isJsonObject(value)) {
      for (const [name, part] of tree.properties)
        this.visitField(part, name, escapedName(name), value, now, previous, before, path ? `${path}.${name}` : name);
      if (tree.values)
        for (const key of Object.keys(value))
          this.visitField(tree.values, key, key, value, now, previous, before, `${path}[${key}]`);
    }
  }

  private visitField(
    part: RuleTree,
    name: string,
    shown: string,
    value: object,
    now: unknown,
    previous: unknown,
    before: unknown,
    path: string,
  ): void {
    this.visit(part, fieldOf(value, name), fieldOf(now, shown), fieldOf(previous, name), fieldOf(before, shown), path);
  }

  /** Items have a past only where keys tell them apart. */
  private visitItems(
    tree: RuleTree,
    items: RuleTree,
    value: readonly unknown[],
    now: unknown,
    previous: unknown,
    before: unknown,
    path: string,
  ): void {
    const keys = tree.structure.schema['x-kubernetes-list-map-keys'];
    const past = new Map<string, number>();
    if (keys && Array.isArray(previous))
      for (const [index, item] of previous.entries()) past.set(identity(item, keys), index);
    for (const [index, item] of value.entries()) {
      const at = keys ? past.get(identity(item, keys)) : undefined;
      const [old, oldShown] = at === undefined ? [] : [(previous as unknown[])[at], (before as unknown[])[at]];
      this.visit(items, item, (now as unknown[])[index], old, oldShown, `${path}[${index}]`);
    }
  }

  private evaluate(
    { rule, expression, message }: CompiledRule,
    value: unknown,
    self: unknown,
    before: unknown,
    size: number,
    path: string,
  ): void {
    // A rule about a change has nothing to say where there is no change.
    if (expression.mentionsOldSelf && before === undefined && !rule.optionalOldSelf) return;
    this.evaluations += 1;
    if (this.evaluations > MAX_EVALUATIONS) {
      if (this.evaluations === MAX_EVALUATIONS + 1)
        this.faults.push(
          forbiddenField(
            path,
            'validation failed due to running out of cost budget, no further validation rules will be run',
          ),
        );
      return;
    }
    const oldSelf = rule.optionalOldSelf ? optionalOf(before) : before;
    const variables = { self, ...(oldSelf !== undefined && { oldSelf }) };
    try {
      if (expression.evaluate(variables, size) === true) return;
      this.faults.push(faultOf(rule, value, path, messageOf(rule, message, variables, size)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.faults.push(invalidValue(path, shownValue(value), `${rule.rule}: ${why}`));
    }
  }
}

const fieldOf = (value: unknown, name: string): unknown => (isJsonObject(value) ? ownOf(value, name) : undefined);
const identity = (item: unknown, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => fieldOf(item, key)));
const shownValue = (value: unknown): unknown =>
  Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : value;

function messageOf(
  rule: ValidationRule,
  message: Expression | undefined,
  variables: Readonly<Record<string, unknown>>,
  size: number,
): string {
  const usual = rule.message || `failed rule: ${rule.rule.trim()}`;
  if (!message) return usual;
  try {
    const text = message.evaluate(variables, size);
    return typeof text === 'string' && text.trim() && text.length <= MAX_MESSAGE_LENGTH && !text.includes('\n')
      ? text
      : usual;
  } catch {
    return usual;
  }
}

function faultOf({ reason, fieldPath }: ValidationRule, value: unknown, path: string, message: string): FieldError {
  const at = fieldPath ? `${path}${fieldPath}`.replace(/^\./, '') : path;
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(at, message);
    case 'FieldValueRequired':
      return required(at, message);
    case 'FieldValueDuplicate':
      return duplicate(at, shownValue(value));
    default:
      return invalidValue(at, shownValue(value), message);
  }
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), 1);
  if (isJsonObject(value)) return Object.values(value).reduce((sum: number, item) => sum + sizeOf(item), 1);
  return 1;
}

/** Faults of the rules of a schema; `path` is where the schema stands. */
export function ruleFaults(structure: Structure, path: string): FieldError[] {
  const own = (structure.schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    faultsOfRule(rule, `${path}.x-kubernetes-validations[${index}]`),
  );
  return [
    ...own,
    ...[...structure.properties].flatMap(([name, part]) => ruleFaults(part, `${path}.properties[${name}]`)),
    ...(structure.values ? ruleFaults(structure.values, `${path}.additionalProperties`) : []),
    ...(structure.items ? ruleFaults(structure.items, `${path}.items`) : []),
  ];
}

function faultsOfRule(
  { rule, message, messageExpression, reason, fieldPath }: ValidationRule,
  path: string,
): FieldError[] {
  const faults: FieldError[] = [];
  if (!rule?.trim()) faults.push(required(`${path}.rule`, 'rule is not specified'));
  else faults.push(...expressionFaults(rule, 'bool', `${path}.rule`));
  if (messageExpression !== undefined)
    faults.push(...expressionFaults(messageExpression, 'string', `${path}.messageExpression`));
  if (message !== undefined && (message.trim() === '' || message.includes('\n')))
    faults.push(
      invalidValue(`${path}.message`, message, 'message must be one line, and not empty, if it is specified'),
    );
  if (rule?.includes('\n') && !message && !messageExpression)
    faults.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (reason !== undefined && !REASONS.includes(reason)) faults.push(notSupported(`${path}.reason`, reason, REASONS));
  if (fieldPath !== undefined && !parseJsonPath(fieldPath))
    faults.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be a JSON path of fields'));
  return faults;
}

function expressionFaults(text: string, wanted: 'bool' | 'string', path: string): FieldError[] {
  try {
    const { type } = compileExpression(text);
    if (type === wanted || type === 'dyn') return [];
    return [invalidValue(path, text, `must evaluate to a ${wanted}, it evaluates to ${type}`)];
  } catch (error) {
    return [
      invalidValue(
        path,
        text,
        `compilation failed: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`,
      ),
    ];
  }
}
