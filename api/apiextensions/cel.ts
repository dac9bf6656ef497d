import { type Context, Environment, Optional, type ParseResult } from '@marcbachmann/cel-js';
import { registerLibraries } from './cel-libraries.ts';

/** The one place that knows the library by which expressions of the Common Expression Language are read and evaluated. */

/** Kubernetes allows longer ones, and stops them by their cost. */
const MAX_EXPRESSION_LENGTH = 16_384;
const LIMITS = {
  maxAstNodes: 2_000,
  maxDepth: 60,
  maxListElements: 1_000,
  maxMapEntries: 1_000,
  maxCallArguments: 32,
};
/** Work that one evaluation may do, in steps of the expression times the values they may be taken for. */
const COST_LIMIT = 5_000_000;
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'existsOne']);

export interface Expression {
  /** `size` bounds how many values the variables hold together. Throws with a reason that a person can read. */
  evaluate(variables: Readonly<Record<string, unknown>>, size: number): unknown;
  /** `bool`, `string`, or `dyn` for what only shows when it is evaluated. */
  readonly type: string;
  readonly mentionsOldSelf: boolean;
}

const RULE_VARIABLES: readonly string[] = ['self', 'oldSelf'];

function environment(variables: readonly string[]): Environment {
  const env = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits: LIMITS });
  registerLibraries(env);
  for (const name of variables) env.registerVariable(name, 'dyn');
  return env;
}

/** A memo: environments are alike, and are not changed once they are made. */
const shared = new Map<readonly string[], Environment>();

/** Throws where the text is no expression, or uses what is not known. `variables`: a constant list of what it may speak of. */
export function compileExpression(text: string, variables: readonly string[] = RULE_VARIABLES): Expression {
  if (text.length > MAX_EXPRESSION_LENGTH)
    throw new Error(`it is ${text.length} characters long, ${MAX_EXPRESSION_LENGTH} are allowed`);
  const known = shared.get(variables) ?? environment(variables);
  shared.set(variables, known);
  const parsed = known.parse(text);
  const checked = parsed.check();
  if (!checked.valid) throw new Error(firstLine(checked.error?.message ?? 'it has a fault'));
  const { nodes, loops, names } = measure(parsed.ast);
  return {
    type: String(checked.type ?? 'dyn'),
    mentionsOldSelf: names.has('oldSelf'),
    evaluate: (variables, size) => run(parsed, variables, nodes * Math.max(1, size) ** loops),
  };
}

function run(parsed: ParseResult, variables: Readonly<Record<string, unknown>>, cost: number): unknown {
  if (cost > COST_LIMIT) throw new Error('the object is too large for this rule: it would take too long to evaluate');
  try {
    return parsed(variables as Context);
  } catch (error) {
    throw new Error(firstLine(error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

/** A length of time (`1h30m`) as expressions reckon with it; undefined for what they cannot read as one. */
export function durationOf(text: string): unknown {
  try {
    return compileExpression('duration(text)', DURATION_VARIABLES).evaluate({ text }, 1);
  } catch {
    return undefined;
  }
}

const DURATION_VARIABLES: readonly string[] = ['text'];

/** What an `oldSelf` is where it may be missing. */
export const optionalOf = (value: unknown): unknown => (value === undefined ? Optional.none() : Optional.of(value));

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Counts the nodes of a syntax tree, how deep loops are nested, and the names it uses. */
function measure(ast: unknown): { nodes: number; loops: number; names: Set<string> } {
  const names = new Set<string>();
  let nodes = 0;
  const visit = (node: unknown): number => {
    if (Array.isArray(node)) return Math.max(0, ...node.map(visit));
    if (typeof node !== 'object' || node === null || !('op' in node)) return 0;
    const { op, args } = node as { op: unknown; args: unknown };
    nodes += 1;
    if (op === 'id' && typeof args === 'string') names.add(args);
    const within = visit(args);
    const isLoop = op === 'rcall' && Array.isArray(args) && LOOPS.has(String(args[0]));
    return within + (isLoop ? 1 : 0);
  };
  return { loops: visit(ast), nodes, names };
}
