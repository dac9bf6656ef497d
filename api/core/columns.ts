import { ageOf } from '../meta/age.ts';
import type { Column } from '../meta/definition.ts';
import { type ApiObject, metaOf } from '../meta/object.ts';
import { formatLabelSelector, type LabelSelector } from '../meta/selector.ts';
import type { PodTemplateSpec } from './pod-template.ts';

/** Columns that many kinds print. */

export const nameColumn: Column<ApiObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique within its namespace.',
  value: (object) => metaOf(object).name ?? '',
};

export const ageColumn: Column<ApiObject> = {
  name: 'Age',
  type: 'string',
  description: 'How long ago the object was created.',
  value: ageOf,
};

/** Wide columns with the containers of a pod template and their images. */
export function containerColumns<T extends ApiObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
): Column<T>[] {
  const containers = (object: T) => templateOf(object)?.spec?.containers ?? [];
  return [
    {
      name: 'Containers',
      type: 'string',
      description: 'Names of the containers in the template.',
      priority: 1,
      value: (object) =>
        containers(object)
          .map((container) => container.name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      description: 'Images of the containers in the template.',
      priority: 1,
      value: (object) =>
        containers(object)
          .map((container) => container.image ?? '')
          .join(','),
    },
  ];
}

/** Wide column with a label selector in its text form. */
export const selectorColumn = <T extends ApiObject>(
  selectorOf: (object: T) => LabelSelector | undefined,
): Column<T> => ({
  name: 'Selector',
  type: 'string',
  description: 'Which pods belong to the object.',
  priority: 1,
  value: (object) => formatLabelSelector(selectorOf(object)) || '<none>',
});
