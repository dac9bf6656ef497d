import type { Webhook } from '../../../api/admissionregistration/webhook.ts';
import { CONDITION_VARIABLES } from '../../../api/admissionregistration/webhook-validation.ts';
import { compileExpression, type Expression } from '../../../api/apiextensions/cel.ts';
import type { ExpressionAuthorizer } from '../../../api/apiextensions/cel-authorizer.ts';
import { expressionValue } from '../../../api/apiextensions/cel-values.ts';

/** What conditions speak of; `null` for what there is not. */
export interface ConditionVariables {
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly request: unknown;
  readonly authorizer: ExpressionAuthorizer;
}

/** Whether a webhook wants to be asked. Throws with the reason where that cannot be found out. */
export type Conditions = (variables: () => ConditionVariables) => boolean;

interface Compiled {
  readonly name: string;
  readonly expression: Expression | Error;
}

/** One that is false decides, whatever else fails (Kubernetes docs, "Dynamic Admission Control", matchConditions). */
export function compileConditions(conditions: NonNullable<Webhook['matchConditions']>): Conditions {
  if (conditions.length === 0) return () => true;
  const compiled = conditions.map(compileCondition);
  return (variables) => {
    const { authorizer, ...texts } = variables();
    const shown = expressionValue(texts, undefined) as Record<string, unknown>;
    const size = sizeOf(shown);
    const known = { ...shown, authorizer };
    const faults: string[] = [];
    for (const { name, expression } of compiled) {
      try {
        if (expression instanceof Error) throw expression;
        const value = expression.evaluate(known, size);
        if (value === false) return false;
        if (value !== true) throw new Error('it is neither true nor false');
      } catch (error) {
        faults.push(`match condition "${name}": ${(error as Error).message}`);
      }
    }
    if (faults.length > 0) throw new Error(faults.join('; '));
    return true;
  };
}

function compileCondition({ name, expression }: { name: string; expression: string }): Compiled {
  try {
    return { name, expression: compileExpression(expression, CONDITION_VARIABLES) };
  } catch (error) {
    return { name, expression: error instanceof Error ? error : new Error(String(error)) };
  }
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let size = 1;
  for (const item of Array.isArray(value) ? value : Object.values(value)) size += sizeOf(item);
  return size;
}
