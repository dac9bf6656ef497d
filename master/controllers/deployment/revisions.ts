import { deployments } from '../../../api/apps/deployment.ts';
import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Decision, remove, update } from '../kit/decision.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, type Rollout, replicasOf } from './rollout.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';

/** A Deployment's annotations that say something of the Deployment alone. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

export function revisionOf(set: ReplicaSet): number {
  const revision = Number(metaOf(set).annotations?.[REVISION] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/** The revision the present template has, or gets by being rolled out (again) now: above all others. */
export function nextRevision({ old, current }: Rollout): number {
  const above = Math.max(0, ...old.map(revisionOf)) + 1;
  return Math.max(above, current ? revisionOf(current) : 0);
}

/** Annotations that go from a Deployment to its ReplicaSets (a change cause, for one). */
export function copiedAnnotations({ deployment }: Rollout): Record<string, string> {
  const entries = Object.entries(metaOf(deployment).annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !NOT_COPIED.has(key)));
}

/** Numbers the current ReplicaSet and the Deployment, and hands on annotations and `minReadySeconds`. */
export function syncRevision(rollout: Rollout): Decision[] {
  const { deployment, current } = rollout;
  if (!current) return [];
  const revision = String(nextRevision(rollout));
  const decisions: Decision[] = [];
  const annotations = { ...copiedAnnotations(rollout), ...revisionAnnotations(current, revision) };
  const minReadySeconds = deployment.spec?.minReadySeconds;
  const present = metaOf(current).annotations ?? {};
  const stale = Object.entries(annotations).some(([key, value]) => present[key] !== value);
  if (stale || (current.spec?.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) {
    const change = (next: ReplicaSet) => {
      metaOf(next).annotations = { ...metaOf(next).annotations, ...annotations };
      if (next.spec) next.spec.minReadySeconds = minReadySeconds;
    };
    decisions.push(update(replicaSets, current, change));
  }
  if (metaOf(deployment).annotations?.[REVISION] !== revision) {
    decisions.push(
      update(deployments, deployment, (next) => {
        metaOf(next).annotations = { ...metaOf(next).annotations, [REVISION]: revision };
      }),
    );
  }
  return decisions;
}

/** A ReplicaSet that is rolled out again keeps a list of the revisions it was before. */
function revisionAnnotations(set: ReplicaSet, revision: string): Record<string, string> {
  const annotations = metaOf(set).annotations ?? {};
  const before = annotations[REVISION];
  if (before === undefined || before === revision) return { [REVISION]: revision };
  const history = annotations[REVISION_HISTORY];
  return { [REVISION]: revision, [REVISION_HISTORY]: history ? `${history},${before}` : before };
}

/** Removes the oldest ReplicaSets beyond `revisionHistoryLimit` that hold nothing any more. */
export function trimHistory({ deployment, old }: Rollout): Decision[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const empty = old.filter(isEmpty);
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return [...empty]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .map((set) => remove(replicaSets, set));
}

const isEmpty = (set: ReplicaSet): boolean =>
  replicasOf(set) === 0 &&
  (set.status?.replicas ?? 0) === 0 &&
  (set.status?.observedGeneration ?? 0) >= (metaOf(set).generation ?? 0) &&
  !metaOf(set).deletionTimestamp;
