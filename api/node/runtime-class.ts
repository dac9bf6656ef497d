import { repeated, requiredName } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { validateOverhead } from '../core/resource-validation.ts';
import { validateTolerations } from '../core/taint-validation.ts';
import { TolerationSchema } from '../core/taints.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, list, optional, quantityMap, type Static, string, stringMap, struct } from '../meta/schema.ts';
import { duplicate, invalidValue, validateLabels } from '../meta/validation.ts';

/** A way to run containers that nodes offer ("Runtime Class"). */

const OverheadSchema = struct('io.k8s.api.node.v1.Overhead', 'What running a pod costs beside its containers.', {
  podFixed: optional(quantityMap('What every pod of the class takes in addition.')),
});

const SchedulingSchema = struct('io.k8s.api.node.v1.Scheduling', 'Where pods of the class can run.', {
  nodeSelector: optional(atomicMap(stringMap('Labels of the nodes that support it.'))),
  tolerations: optional(list(TolerationSchema, 'Tolerations that its pods get in addition.')),
});

export const RuntimeClassSchema = struct('io.k8s.api.node.v1.RuntimeClass', 'A way to run the containers of a pod.', {
  ...typeMeta,
  handler: string('Name by which the nodes know the runtime; cannot be changed.'),
  metadata,
  overhead: optional(OverheadSchema),
  scheduling: optional(SchedulingSchema),
});
export type RuntimeClass = Static<typeof RuntimeClassSchema>;

const validateRuntimeClass = ({ handler, overhead, scheduling }: RuntimeClass): FieldError[] => [
  ...requiredName('label', 'handler', handler),
  ...validateOverhead(overhead?.podFixed, 'overhead.podFixed'),
  ...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
  ...validateTolerations(scheduling?.tolerations, 'scheduling.tolerations'),
  ...repeated(scheduling?.tolerations ?? [], (toleration) => JSON.stringify(Object.entries(toleration).sort())).map(
    ([toleration, index]) => duplicate(`scheduling.tolerations[${index}]`, toleration),
  ),
];

export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: RuntimeClassSchema,
  hasStatus: false,
  replacedByRevision: true,
  columns: [
    nameColumn,
    {
      name: 'Handler',
      type: 'string',
      description: 'Name by which the nodes know the runtime.',
      value: ({ handler }) => handler ?? '',
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateRuntimeClass,
  validateUpdate: (next, previous) =>
    equalJson(next.handler, previous.handler) ? [] : [invalidValue('handler', next.handler, 'field is immutable')],
});
