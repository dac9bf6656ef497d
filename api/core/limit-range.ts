import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { list, optional, quantityMap, type Static, string, struct } from '../meta/schema.ts';
import { nameColumn } from './columns.ts';
import { validateLimitRange } from './limit-range-validation.ts';

/** How much each object of a namespace may ask for, and what those ask for that say nothing ("Limit Ranges"). */

export const LimitRangeItemSchema = struct('io.k8s.api.core.v1.LimitRangeItem', 'Bounds for one type of object.', {
  default: optional(quantityMap('Limits of containers that set none.')),
  defaultRequest: optional(quantityMap('Requests of containers that set none.')),
  max: optional(quantityMap('Most that may be asked for.')),
  maxLimitRequestRatio: optional(quantityMap('How many times its request a limit may be.')),
  min: optional(quantityMap('Least that must be asked for.')),
  type: string('Container, Pod or PersistentVolumeClaim.'),
});
export type LimitRangeItem = Static<typeof LimitRangeItemSchema>;

export const LimitRangeSchema = struct('io.k8s.api.core.v1.LimitRange', 'Bounds for each object of a namespace.', {
  ...typeMeta,
  metadata,
  spec: optional(
    struct('io.k8s.api.core.v1.LimitRangeSpec', 'The bounds.', {
      limits: list(LimitRangeItemSchema, 'Bounds by type of object.'),
    }),
  ),
});
export type LimitRange = Static<typeof LimitRangeSchema>;

type Amounts = Record<string, string>;

/** Those of `amounts`, and for all others those of the next best. */
function filledFrom(amounts: Amounts | undefined, ...others: (Amounts | undefined)[]): Amounts | undefined {
  const filled = Object.assign({}, ...others.toReversed(), amounts) as Amounts;
  return Object.keys(filled).length > 0 ? filled : undefined;
}

/** A container that says nothing may use the most, and is set aside what it may use, or else the least. */
function setItemDefaults(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  item.default = filledFrom(item.default, item.max);
  item.defaultRequest = filledFrom(item.defaultRequest, item.default, item.min);
}

export const limitRanges = defineResource<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  categories: [],
  namespaced: true,
  schema: LimitRangeSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      description: 'When the object was created.',
      value: (range) => range.metadata?.creationTimestamp ?? '',
    },
  ],
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) setItemDefaults(item);
  },
  validate: validateLimitRange,
});
