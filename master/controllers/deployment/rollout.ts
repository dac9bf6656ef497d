import type { Deployment } from '../../../api/apps/deployment.ts';
import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { EventNote } from '../../objects/events.ts';
import { canonicalJson } from '../kit/canonical-json.ts';
import { type Decision, update } from '../kit/decision.ts';
import { shareOf } from '../kit/share.ts';
import { parseTimeMs } from '../pods/pod-state.ts';

export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const TEMPLATE_HASH = 'pod-template-hash';
export const COMPONENT = 'deployment-controller';

/** A Deployment and its ReplicaSets, told apart by template. */
export interface Rollout {
  readonly deployment: Deployment;
  /** How many pods there should be in the end. */
  readonly desired: number;
  /** Pods there may be above `desired` meanwhile. */
  readonly maxSurge: number;
  /** Available pods that may be missing from `desired` meanwhile. */
  readonly maxUnavailable: number;
  /** The ReplicaSet of the present template. */
  readonly current: ReplicaSet | undefined;
  /** Those of earlier templates, oldest first. */
  readonly old: readonly ReplicaSet[];
  readonly all: readonly ReplicaSet[];
}

export function rolloutOf(deployment: Deployment, owned: readonly ReplicaSet[]): Rollout {
  const all = [...owned].sort(byAge);
  const template = templateText(deployment.spec?.template);
  // Of several with the same template (which only a race can make) the oldest counts.
  const current = all.find((set) => templateText(set.spec?.template) === template);
  const desired = deployment.spec?.replicas ?? 1;
  return {
    deployment,
    desired,
    ...tolerances(deployment, desired),
    current,
    old: all.filter((set) => set !== current),
    all,
  };
}

/** Resolves `maxSurge` (rounded up) and `maxUnavailable` (rounded down); both zero would leave no way forward. */
function tolerances({ spec }: Deployment, desired: number): Pick<Rollout, 'maxSurge' | 'maxUnavailable'> {
  if (spec?.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const surge = shareOf(maxSurge, desired, Math.ceil);
  const unavailable = shareOf(maxUnavailable, desired, Math.floor);
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, desired) };
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, desired) };
}

/** What a template says, without the label that tells the pods of ReplicaSets apart. */
function templateText(template: PodTemplateSpec | undefined): string {
  const { [TEMPLATE_HASH]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return canonicalJson({ ...template, metadata: { ...template?.metadata, labels } });
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [ageA, ageB] = [parseTimeMs(metaOf(a).creationTimestamp), parseTimeMs(metaOf(b).creationTimestamp)];
  return ageA - ageB || ((metaOf(a).name ?? '') < (metaOf(b).name ?? '') ? -1 : 1);
}

export const replicasOf = (set: ReplicaSet | undefined): number => (set ? (set.spec?.replicas ?? 1) : 0);

/** Available pods that will still be there once the ReplicaSet has come down to its size: never more than it asks for. */
export const availableOf = (set: ReplicaSet | undefined): number =>
  Math.min(replicasOf(set), set?.status?.availableReplicas ?? 0);

export const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);

/** What a ReplicaSet remembers of the Deployment's size, by which a later change of size is shared out. */
export const sizeAnnotations = ({ desired, maxSurge }: Rollout): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(desired),
  [MAX_REPLICAS]: String(desired + (desired > 0 ? maxSurge : 0)),
});

/** Brings a ReplicaSet to a size; nothing when it has it. */
export function resize(rollout: Rollout, set: ReplicaSet, replicas: number): Decision[] {
  const annotations = sizeAnnotations(rollout);
  const present = metaOf(set).annotations ?? {};
  const before = replicasOf(set);
  if (before === replicas && Object.entries(annotations).every(([key, value]) => present[key] === value)) return [];
  const change = (next: ReplicaSet) => {
    metaOf(next).annotations = { ...metaOf(next).annotations, ...annotations };
    if (next.spec) next.spec.replicas = replicas;
  };
  return [update(replicaSets, set, change, { announce: scalingNote(rollout, metaOf(set).name, before, replicas) })];
}

export function scalingNote(
  { deployment }: Rollout,
  name: string | undefined,
  before: number,
  after: number,
): EventNote | undefined {
  if (before === after) return undefined;
  const message = `Scaled ${after > before ? 'up' : 'down'} replica set ${name} from ${before} to ${after}`;
  return { about: deployment, component: COMPONENT, type: 'Normal', reason: 'ScalingReplicaSet', message };
}
