import { usageFailure } from './failure.ts';

/**
 * kubectl's JSONPath templates (Kubernetes docs, "JSONPath Support"), the part people use: text, `{.a.b}`, `['a.b']`, `[0]`,
 * `[-1]`, `[0:2]`, `[*]`, `..name`, `[?(@.a=="b")]`, `{range ...}...{end}` and quoted strings.
 */
export function jsonPath(template: string, root: unknown): string {
  const { nodes } = parseTemplate(template, 0, false);
  return render(nodes, root, root);
}

type Node =
  | { type: 'text'; text: string }
  | { type: 'path'; path: string }
  | { type: 'range'; path: string; body: Node[] };

function parseTemplate(template: string, from: number, inRange: boolean): { nodes: Node[]; next: number } {
  const nodes: Node[] = [];
  let at = from;
  while (at < template.length) {
    if (template[at] !== '{') {
      const end = template.indexOf('{', at);
      const stop = end === -1 ? template.length : end;
      nodes.push({ type: 'text', text: template.slice(at, stop) });
      at = stop;
      continue;
    }
    const close = closingBrace(template, at);
    const inner = template.slice(at + 1, close).trim();
    at = close + 1;
    if (inner === 'end') {
      if (inRange) return { nodes, next: at };
      throw usageFailure('error: the jsonpath template has an {end} without a {range}');
    }
    if (inner.startsWith('range ')) {
      const body = parseTemplate(template, at, true);
      nodes.push({ type: 'range', path: inner.slice(6).trim(), body: body.nodes });
      at = body.next;
    } else if (/^(['"]).*\1$/s.test(inner)) {
      nodes.push({ type: 'text', text: unescaped(inner.slice(1, -1)) });
    } else {
      nodes.push({ type: 'path', path: inner });
    }
  }
  if (inRange) throw usageFailure('error: the jsonpath template has a {range} without an {end}');
  return { nodes, next: at };
}

function closingBrace(template: string, open: number): number {
  let quote = '';
  for (let at = open + 1; at < template.length; at++) {
    const char = template[at]!;
    if (quote) quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return at;
  }
  throw usageFailure(`error: the jsonpath template has an unclosed brace: ${template.slice(open)}`);
}

const unescaped = (text: string) => text.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\"/g, '"');

function render(nodes: readonly Node[], current: unknown, root: unknown): string {
  return nodes
    .map((node) => {
      if (node.type === 'text') return node.text;
      const found = select(node.path, current, root);
      if (node.type === 'path') return found.map(valueText).join(' ');
      return found.map((each) => render(node.body, each, root)).join('');
    })
    .join('');
}

const valueText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const STEP = /^(\.\.|\.)?(?:\[\?\((.*?)\)\]|\[([^\]]*)\]|(\*|(?:[^.[\]\\]|\\.)+))/;

/** Every value that `path` leads to. Absent fields lead nowhere. */
function select(path: string, current: unknown, root: unknown): unknown[] {
  let rest = path;
  let values: unknown[] = [current];
  if (rest.startsWith('$')) {
    values = [root];
    rest = rest.slice(1);
  } else if (rest.startsWith('@')) rest = rest.slice(1);
  while (rest !== '' && rest !== '.') {
    const step = STEP.exec(rest);
    if (!step) throw usageFailure(`error: cannot read the jsonpath "${path}" at "${rest}"`);
    const [whole, dots, filter, subscript, field] = step;
    if (dots === '..') values = values.flatMap(descendants);
    if (filter !== undefined) values = values.flatMap(elements).filter((value) => holds(filter, value, root));
    else
      values = values.flatMap((value) =>
        stepInto(value, subscript ?? field!.replace(/\\(.)/g, '$1'), subscript !== undefined),
      );
    rest = rest.slice(whole.length);
  }
  return values;
}

function stepInto(value: unknown, key: string, inBrackets: boolean): unknown[] {
  if (key === '*') return elements(value);
  const quoted = /^(['"])(.*)\1$/.exec(key);
  if (Array.isArray(value) && inBrackets && !quoted) return indexed(value, key);
  const name = quoted ? quoted[2]! : key;
  const inner = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined;
  return inner === undefined ? [] : [inner];
}

function indexed(values: readonly unknown[], text: string): unknown[] {
  if (text.includes(':')) {
    const [from, to] = text.split(':').map((part) => (part === '' ? undefined : Number(part)));
    return values.slice(from, to);
  }
  const found = values.at(Number(text));
  return found === undefined ? [] : [found];
}

function elements(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value !== null && typeof value === 'object' ? Object.values(value) : [];
}

const descendants = (value: unknown): unknown[] => [value, ...elements(value).flatMap(descendants)];

const COMPARISON = /^\s*(\S+?)\s*(==|!=|>=|<=|>|<)\s*(.+?)\s*$/;

function holds(filter: string, value: unknown, root: unknown): boolean {
  const comparison = COMPARISON.exec(filter);
  if (!comparison) return select(filter.trim(), value, root).length > 0;
  const [, path = '', operator = '', literal = ''] = comparison;
  const [left] = select(path, value, root);
  const right = /^(['"]).*\1$/s.test(literal) ? literal.slice(1, -1) : (JSON.parse(literal) as unknown);
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (left === undefined || right === null) return false;
  const order = (left as number) < (right as number) ? -1 : left === right ? 0 : 1;
  return { '>': order > 0, '<': order < 0, '>=': order >= 0, '<=': order <= 0 }[operator] ?? false;
}
