import { type Deployment, deployments } from '../../../api/apps/deployment.ts';
import { replicaSets } from '../../../api/apps/replica-set.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { type Controller, keyOf, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { type Decision, wake } from '../kit/decision.ts';
import { claim, controllingOwner, ownerKeys } from '../kit/ownership.ts';
import { isFinished } from '../pods/pod-state.ts';
import { isComplete } from './progress.ts';
import { recreate } from './recreate.ts';
import { syncRevision, trimHistory } from './revisions.ts';
import { rollingUpdate } from './rolling-update.ts';
import { type Rollout, rolloutOf } from './rollout.ts';
import { isScaling, scale } from './scaling.ts';
import { nextStatus, statusDecisions } from './status.ts';

/** Brings a Deployment's pods to its template and size, through ReplicaSets (Kubernetes docs, "Deployments"). */
export const deploymentController: Controller = {
  name: 'deployment',
  watches: [
    watchSelf(deployments),
    watch(replicaSets, (change, view) => ownerKeys(view, deployments, ({ spec }) => spec?.selector, change)),
    watch(pods, (change, view) => waitingForItsEnd(view, change)),
  ],
  reconcile(view, key, nowMs) {
    const deployment = lookUp(view, deployments, key);
    if (!deployment?.spec) return [];
    const owner = { resource: deployments, object: deployment, selector: deployment.spec.selector };
    const { owned, decisions } = claim(view, owner, replicaSets);
    // What is ours must be settled before anything is made: an adopted ReplicaSet may have the present template.
    if (decisions.length > 0) return [...decisions, wake(0)];
    const rollout = rolloutOf(deployment, owned);
    const steps = isEnding(view, deployment) ? [] : nextSteps(view, rollout);
    const created = steps.some(({ type }) => type === 'create');
    const milestone = created ? 'created' : rollout.current ? 'found' : undefined;
    const history = isComplete(nextStatus(rollout, milestone, nowMs), rollout.desired) ? trimHistory(rollout) : [];
    return [...steps, ...statusDecisions(rollout, milestone, nowMs), ...history];
  },
};

function nextSteps(view: CacheReader, rollout: Rollout): Decision[] {
  const { spec } = rollout.deployment;
  const numbering = syncRevision(rollout);
  // One write per ReplicaSet and pass: sizes wait until the numbers stand.
  if (numbering.length > 0) return numbering;
  if (spec?.paused || isScaling(rollout)) return scale(rollout);
  return spec?.strategy?.type === 'Recreate' ? recreate(view, rollout) : rollingUpdate(view, rollout);
}

function isEnding(view: CacheReader, deployment: Deployment): boolean {
  const { deletionTimestamp, namespace = '' } = metaOf(deployment);
  return !!deletionTimestamp || !!view.get(namespaces, undefined, namespace)?.metadata?.deletionTimestamp;
}

/** A Recreate update goes on when the last old pod has ended; nothing else about pods concerns a Deployment directly. */
function waitingForItsEnd(view: CacheReader, { type, object, previous }: Change<Pod>): string[] {
  const ended = type === 'deleted' || (isFinished(object) && previous !== undefined && !isFinished(previous));
  if (!ended) return [];
  const set = controllingOwner(view, replicaSets, object);
  const deployment = set && controllingOwner(view, deployments, set);
  return deployment?.spec?.strategy?.type === 'Recreate' ? [keyOf(deployment)] : [];
}
