import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, type Static, struct } from '../meta/schema.ts';
import { ephemeralContainerRules, validateEphemeralContainers } from './ephemeral-containers.ts';
import { podColumns } from './pod-columns.ts';
import { setPodDefaults } from './pod-defaults.ts';
import { podResizeRules } from './pod-resize.ts';
import { qosClassOf } from './pod-resources.ts';
import { PodSpecSchema } from './pod-spec.ts';
import { type PodStatus, PodStatusSchema } from './pod-status.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validatePod } from './pod-validation.ts';
import { podWarnings } from './pod-warnings.ts';

export type { Container } from './container.ts';
export type { PodSpec } from './pod-spec.ts';
export type { PodCondition, PodPhase, PodStatus } from './pod-status.ts';

export const PodSchema = struct('io.k8s.api.core.v1.Pod', 'Containers that run together on one machine.', {
  ...typeMeta,
  metadata,
  spec: optional(PodSpecSchema),
  status: optional(PodStatusSchema),
});
export type Pod = Static<typeof PodSchema>;

/** A gated pod says from the start why it is not scheduled ("Pod Scheduling Readiness"). */
function gatedStatus(pod: Pod): PodStatus {
  if (!pod.spec?.schedulingGates?.length) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }] };
}

export const pods = defineResource<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  schema: PodSchema,
  hasStatus: true,
  showsDeleted: true,
  subresources: {
    attach: ['create', 'get'],
    binding: ['create'],
    ephemeralcontainers: ['get', 'patch', 'update'],
    eviction: ['create'],
    exec: ['create', 'get'],
    log: ['get'],
    placement: ['get'],
    portforward: ['create', 'get'],
    proxy: ['create', 'delete', 'get', 'patch', 'update'],
    resize: ['get', 'patch', 'update'],
  },
  columns: podColumns,
  selectableFields: {
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
  },
  setDefaults: setPodDefaults,
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod), ...gatedStatus(pod) };
    // A grace period below zero once meant "at once"; the shortest that still stops in order is a second.
    if (pod.spec && (pod.spec.terminationGracePeriodSeconds ?? 0) < 0) pod.spec.terminationGracePeriodSeconds = 1;
  },
  validate: (pod, previous) => [...validatePod(pod), ...validateEphemeralContainers(pod, previous)],
  validateUpdate: validatePodUpdate,
  partRules: { ephemeralcontainers: ephemeralContainerRules, resize: podResizeRules },
  warnings: (pod) => podWarnings(pod.spec, 'spec'),
});
