import type { FieldError } from '../meta/errors.ts';
import { compareQuantities, quantityMilli } from '../meta/quantity.ts';
import { duplicate, forbiddenField, invalidValue, labelKeyFault, required } from '../meta/validation.ts';
import { each, repeated } from './checks.ts';
import type { LimitRange, LimitRangeItem } from './limit-range.ts';
import { amountOf } from './resource-requirements.ts';

/** Faults of limit ranges ("Limit Ranges"), in Kubernetes' words. */

const TYPES = ['Container', 'Pod', 'PersistentVolumeClaim'];
const STANDARD = /^(cpu|memory|ephemeral-storage|storage|hugepages-.+)$/;
const MAPS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
const OVERCOMMITTABLE = ['cpu', 'memory', 'ephemeral-storage'];

function typeFaults(type: string, path: string): FieldError[] {
  if (!type) return [required(path)];
  const fault = TYPES.includes(type) ? undefined : labelKeyFault(type);
  if (fault) return [invalidValue(path, type, fault)];
  return TYPES.includes(type) || type.includes('/')
    ? []
    : [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}

function nameFaults(name: string, path: string): FieldError[] {
  const fault = labelKeyFault(name);
  if (fault) return [invalidValue(path, name, fault)];
  return name.includes('/') || STANDARD.test(name)
    ? []
    : [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

/** Amounts of one resource, each of which may be no more than the next: `[word, amount, field]`. */
function orderFaults(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const steps = [
    ['min', amountOf(item.min, name), 'min'],
    ['default request', amountOf(item.defaultRequest, name), 'defaultRequest'],
    ['default', amountOf(item.default, name), 'default'],
    ['max', amountOf(item.max, name), 'max'],
  ] as const;
  const given = steps.filter(([, amount]) => amount !== undefined);
  return given.flatMap(([word, amount = '0', field], index) =>
    given
      .slice(index + 1)
      .flatMap(([other, bound = '0']) =>
        compareQuantities(amount, bound) > 0
          ? [
              invalidValue(
                `${path}.${field}[${name}]`,
                amount,
                `${word} value ${amount} is greater than ${other} value ${bound}`,
              ),
            ]
          : [],
      ),
  );
}

function ratioFaults(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const ratio = amountOf(item.maxLimitRequestRatio, name);
  if (ratio === undefined) return [];
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  const [min, max] = [amountOf(item.min, name), amountOf(item.max, name)];
  const errors = compareQuantities(ratio, '1') < 0 ? [invalidValue(at, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined || quantityMilli(min) === 0) return errors;
  const widest = quantityMilli(max) / quantityMilli(min);
  if (quantityMilli(ratio) / 1000 > widest)
    errors.push(invalidValue(at, ratio, `ratio ${ratio} is greater than max/min = ${widest.toFixed(6)}`));
  return errors;
}

/** What is handed out whole must be asked for as it is limited. */
function wholeFaults(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const [request, limit] = [amountOf(item.defaultRequest, name), amountOf(item.default, name)];
  if (item.type !== 'Container' || OVERCOMMITTABLE.includes(name) || !name.includes('/')) return [];
  if (request === undefined || limit === undefined || compareQuantities(request, limit) === 0) return [];
  const why = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  return [invalidValue(`${path}.defaultRequest[${name}]`, request, why)];
}

function itemFaults(item: LimitRangeItem, path: string): FieldError[] {
  const names = [...new Set(MAPS.flatMap((map) => Object.keys(item[map] ?? {})))].sort();
  const errors = typeFaults(item.type ?? '', `${path}.type`);
  for (const map of MAPS)
    errors.push(...Object.keys(item[map] ?? {}).flatMap((name) => nameFaults(name, `${path}.${map}[${name}]`)));
  if (item.type === 'Pod')
    for (const map of ['default', 'defaultRequest'] as const)
      if (item[map]) errors.push(forbiddenField(`${path}.${map}`, "may not be specified when `type` is 'Pod'"));
  if (item.type === 'PersistentVolumeClaim' && !amountOf(item.min, 'storage') && !amountOf(item.max, 'storage'))
    errors.push(
      required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    );
  for (const name of names)
    errors.push(...orderFaults(item, name, path), ...ratioFaults(item, name, path), ...wholeFaults(item, name, path));
  return errors;
}

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const limits = spec?.limits ?? [];
  return [
    ...each(limits, 'spec.limits', itemFaults),
    ...repeated(limits, ({ type }) => type).map(([{ type }, index]) => duplicate(`spec.limits[${index}].type`, type)),
  ];
}
