import { list, oneOf, optional, string, type TSchema, time } from '../meta/schema.ts';

/** Parts that the conditions of all kinds share. */

export const conditionStatus = oneOf('True, False or Unknown.', ['True', 'False', 'Unknown']);

/** Fields of every condition type of the core, apps and batch groups. */
export const conditionFields = {
  lastTransitionTime: optional(time('When the status last changed.')),
  message: optional(string('Why, for people.')),
  reason: optional(string('Why, in one CamelCase word.')),
  status: conditionStatus,
  type: string('What the condition is about.'),
};

/** A list of conditions, one per type. */
export const conditionList = <T extends TSchema>(condition: T) =>
  list(condition, 'What is true of the object now, one entry per type.', {
    type: 'map',
    keys: ['type'],
    mergeKey: 'type',
  });

interface AnyCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
}

/** The condition of that type. */
export function conditionOf<C extends AnyCondition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of that type is there with status True. */
export function hasCondition(conditions: readonly AnyCondition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
