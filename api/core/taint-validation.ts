import type { FieldError } from '../meta/errors.ts';
import { duplicate, invalidValue, labelKeyFault, labelValueFault, notSupported, required } from '../meta/validation.ts';
import { each, faultOf, repeated } from './checks.ts';
import { TAINT_EFFECTS, type Taint, type Toleration } from './taints.ts';

/** Taints and tolerations ("Taints and Tolerations"). */

const OPERATORS = ['Equal', 'Exists', 'Gt', 'Lt'];
const isEffect = (effect: string) => (TAINT_EFFECTS as readonly string[]).includes(effect);

function valueFaults({ operator, value = '' }: Toleration, path: string): FieldError[] {
  switch (operator || 'Equal') {
    case 'Equal':
      return faultOf(`${path}.operator`, value, labelValueFault(value));
    case 'Exists':
      return value ? [invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'")] : [];
    case 'Gt':
    case 'Lt':
      return /^(0|-?[1-9]\d{0,18})$/.test(value)
        ? []
        : [invalidValue(`${path}.value`, value, "must be a whole number when `operator` is 'Gt' or 'Lt'")];
    default:
      return [notSupported(`${path}.operator`, operator, OPERATORS)];
  }
}

export const validateTolerations = (tolerations: readonly Toleration[] | undefined, path: string): FieldError[] =>
  each(tolerations, path, (toleration, at) => {
    const { key, operator, effect, tolerationSeconds } = toleration;
    const errors = key ? faultOf(`${at}.key`, key, labelKeyFault(key)) : [];
    if (!key && operator !== 'Exists')
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(
        invalidValue(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    errors.push(...valueFaults(toleration, at));
    if (effect && !isEffect(effect)) errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
    return errors;
  });

export const validateTaints = (taints: readonly Taint[] | undefined, path: string): FieldError[] => [
  ...each(taints, path, (taint, at) => [
    ...faultOf(`${at}.key`, taint.key, labelKeyFault(taint.key)),
    ...faultOf(`${at}.value`, taint.value, labelValueFault(taint.value ?? '')),
    ...(taint.effect ? [] : [required(`${at}.effect`)]),
  ]),
  ...repeated(taints ?? [], (taint) => `${taint.key}:${taint.effect}`).map(([taint, index]) => ({
    ...duplicate(`${path}[${index}]`, taint),
    message: `${duplicate('', taint).message}: taints must be unique by key and effect pair`,
  })),
];
