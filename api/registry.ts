import { deployments } from './apps/deployment.ts';
import { replicaSets } from './apps/replica-set.ts';
import { jobs } from './batch/job.ts';
import { leases } from './coordination/lease.ts';
import { configMaps } from './core/config-map.ts';
import { events } from './core/event.ts';
import { namespaces } from './core/namespace.ts';
import { nodes } from './core/node.ts';
import { persistentVolumes } from './core/persistent-volume.ts';
import { persistentVolumeClaims } from './core/persistent-volume-claim.ts';
import { pods } from './core/pod.ts';
import { secrets } from './core/secret.ts';
import { services } from './core/service.ts';
import { serviceAccounts } from './core/service-account.ts';
import { type Catalogue, fixedCatalogue } from './meta/catalogue.ts';
import type { ResourceDefinition } from './meta/definition.ts';
import { podDisruptionBudgets } from './policy/pod-disruption-budget.ts';
import { priorityClasses } from './scheduling/priority-class.ts';
import { csiDrivers } from './storage/csi-driver.ts';
import { csiNodes } from './storage/csi-node.ts';
import { storageClasses } from './storage/storage-class.ts';
import { volumeAttachments } from './storage/volume-attachment.ts';
import { bandQuotas } from './stowage/band-quota.ts';
import { podGroups } from './stowage/pod-group.ts';
import { schedulingPolicies } from './stowage/scheduling-policy.ts';
import { xPodGroups } from './stowage/x-pod-group.ts';

/** Every kind the API serves, in the order of discovery: by group, the core group first. */
export const resources: readonly ResourceDefinition[] = [
  configMaps,
  events,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  serviceAccounts,
  services,
  deployments,
  replicaSets,
  jobs,
  leases,
  podDisruptionBudgets,
  priorityClasses,
  csiDrivers,
  csiNodes,
  storageClasses,
  volumeAttachments,
  bandQuotas,
  podGroups,
  schedulingPolicies,
  xPodGroups,
];

/** The kinds that are part of Stowage itself. */
export const builtInCatalogue: Catalogue = fixedCatalogue(resources);
export const resourceAt = builtInCatalogue.at;
export const resourceOfKind = builtInCatalogue.ofKind;
