import { replicaSets } from '../../../api/apps/replica-set.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { replicationControllers } from '../../../api/core/replication-controller.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, type ControllerView, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { create, type Decision, MAX_WRITES_PER_PASS, remove, wake } from '../kit/decision.ts';
import { claim, ownerKeys } from '../kit/ownership.ts';
import { countByNode, inDeletionOrder } from '../pods/deletion-order.ts';
import { podFromTemplate } from '../pods/pod-from-template.ts';
import { isActive, isFinished } from '../pods/pod-state.ts';
import { waitAfterRefusals } from '../pods/refused.ts';
import { activePodsOf } from './active-pods.ts';
import type { ReplicaKind, ReplicaOwner } from './replica-kind.ts';
import { statusDecisions } from './status.ts';

/** Keeps as many pods of a template as its ReplicaSet asks for (Kubernetes docs, "ReplicaSet"). */
export const replicaSetController: Controller = keeperOf({
  name: 'replicaset',
  component: 'replicaset-controller',
  resource: replicaSets,
  selectorOf: ({ spec }) => spec?.selector,
});

/** The same for what came before (Kubernetes docs, "ReplicationController"). */
export const replicationController: Controller = keeperOf({
  name: 'replicationcontroller',
  component: 'replication-controller',
  resource: replicationControllers,
  selectorOf: ({ spec }) => ({ matchLabels: spec?.selector ?? {} }),
});

function keeperOf<S extends ReplicaOwner>(kind: ReplicaKind<S>): Controller {
  const { name, resource, selectorOf } = kind;
  return {
    name,
    watches: [watchSelf(resource), watch(pods, (change, view) => ownerKeys(view, resource, selectorOf, change))],
    reconcile(view, key, nowMs, rng) {
      const set = lookUp(view, resource, key);
      if (!set?.spec) return [];
      const owner = { resource, object: set, selector: selectorOf(set) };
      const { owned, decisions } = claim(view, owner, pods, { adoptable: (pod) => !isFinished(pod) });
      const active = owned.filter(isActive);
      const dying = metaOf(set).deletionTimestamp !== undefined;
      return [
        ...decisions,
        ...(dying ? [] : adjust(view, { kind, set, owned }, active, nowMs, rng)),
        ...statusDecisions(kind, set, owned, nowMs),
      ];
    },
  };
}

interface Kept<S extends ReplicaOwner> {
  readonly kind: ReplicaKind<S>;
  readonly set: S;
  /** Those that are over, too. */
  readonly owned: readonly Pod[];
}

/** Makes what is missing, or removes what is too many, a bounded number at a time. */
function adjust<S extends ReplicaOwner>(
  view: ControllerView,
  kept: Kept<S>,
  active: readonly Pod[],
  nowMs: number,
  rng: Rng,
): Decision[] {
  const { set } = kept;
  const desired = set.spec?.replicas ?? 1;
  const missing = desired - active.length;
  if (missing > 0 && namespaceEnds(view, set)) return [];
  if (missing > 0) {
    const waitMs = waitAfterRefusals(kept.owned, nowMs);
    return waitMs > 0 ? [wake(waitMs)] : creations(kept, missing, rng);
  }
  if (missing < 0) return removals(view, kept, active, -missing, nowMs);
  return [];
}

function creations<S extends ReplicaOwner>({ kind, set }: Kept<S>, missing: number, rng: Rng): Decision[] {
  const count = Math.min(missing, MAX_WRITES_PER_PASS);
  const note = { about: set, component: kind.component };
  const decisions: Decision[] = [];
  for (let made = 0; made < count; made++) {
    const pod = podFromTemplate({ resource: kind.resource, object: set }, set.spec?.template, rng);
    const message = `Created pod: ${metaOf(pod).name}`;
    decisions.push(
      create(pods, pod, {
        announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message },
        complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: 'Error creating' },
      }),
    );
  }
  return count < missing ? [...decisions, wake(0)] : decisions;
}

function removals<S extends ReplicaOwner>(
  view: ControllerView,
  { kind, set }: Kept<S>,
  active: readonly Pod[],
  surplus: number,
  nowMs: number,
): Decision[] {
  const count = Math.min(surplus, MAX_WRITES_PER_PASS);
  const decisions: Decision[] = inDeletionOrder(
    active,
    countByNode(peersOf(view, set, active)),
    nowMs,
    set.spec?.minReadySeconds,
  )
    .slice(0, count)
    .map((pod) => {
      const message = `Deleted pod: ${metaOf(pod).name}`;
      const announce = {
        about: set,
        component: kind.component,
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message,
      } as const;
      return remove(pods, pod, { announce });
    });
  return count < surplus ? [...decisions, wake(0)] : decisions;
}

/** Active pods that do the same work: those of all ReplicaSets of the same owner. */
function peersOf(view: ControllerView, set: ReplicaOwner, active: readonly Pod[]): Iterable<Pod> {
  const ownerUid = controllerOf(set)?.uid;
  if (!ownerUid) return active;
  return view.ownedBy(replicaSets, ownerUid).flatMap((sibling) => activePodsOf(view, sibling));
}

/** Nothing can be made any more in a namespace on its way out. */
const namespaceEnds = (view: CacheReader, set: ReplicaOwner): boolean =>
  view.get(namespaces, undefined, metaOf(set).namespace ?? '')?.metadata?.deletionTimestamp !== undefined;
