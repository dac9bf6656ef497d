import { type DaemonSet, daemonSets } from '../../../api/apps/daemon-set.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { type Controller, type ControllerView, keyOf, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { bounded, type Decision } from '../kit/decision.ts';
import { claim, ownerKeys } from '../kit/ownership.ts';
import { type History, hashOf, historyOf, REVISION_HASH, truncated } from '../revisions/history.ts';
import { census, type Place } from './census.ts';
import { eligibilityOf } from './eligibility.ts';
import { placementDecisions } from './placement.ts';
import { updateDecisions } from './rolling-update.ts';
import { statusDecisions } from './status.ts';

const DEFAULT_HISTORY = 10;

/** Keeps a pod on every node that is meant for it (Kubernetes docs, "DaemonSet"). */
export const daemonSetController: Controller = {
  name: 'daemonset',
  watches: [
    watchSelf(daemonSets),
    watch(pods, (change, view) => ownerKeys(view, daemonSets, ({ spec }) => spec?.selector, change)),
    watch(nodes, (change, view) => (bearsOnPlaces(change) ? view.list(daemonSets).map(keyOf) : [])),
  ],
  reconcile(view, key, nowMs, rng) {
    const set = lookUp(view, daemonSets, key);
    if (!set?.spec) return [];
    const owner = { resource: daemonSets, object: set, selector: set.spec.selector };
    const { owned, decisions } = claim(view, owner, pods);
    if (metaOf(set).deletionTimestamp) return decisions;
    const history = historyOfSet(view, set);
    const hash = hashOf(history.present);
    const places = census(view.list(nodes), eligibilityOf(set), owned, hash);
    const actions = history.collides ? [] : actionsOn(view, set, places, hash, nowMs, rng);
    return [
      ...decisions,
      ...history.decisions,
      ...tidy(set, history, owned),
      ...bounded(actions),
      ...statusDecisions(set, places, history.collides, nowMs),
    ];
  },
};

/** Of a node only what the pods' placement asks after counts: a heartbeat is no news. */
function bearsOnPlaces({ type, object, previous }: Change<Node>): boolean {
  if (type !== 'modified' || !previous) return true;
  return (
    !equalJson(object.metadata?.labels, previous.metadata?.labels) ||
    !equalJson(object.spec?.taints, previous.spec?.taints)
  );
}

const historyOfSet = (view: CacheReader, set: DaemonSet): History =>
  historyOf(view, {
    resource: daemonSets,
    object: set,
    template: set.spec?.template,
    collisionCount: set.status?.collisionCount,
  });

const limitOf = ({ spec }: DaemonSet): number => spec?.revisionHistoryLimit ?? DEFAULT_HISTORY;

function actionsOn(
  view: ControllerView,
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  nowMs: number,
  rng: Rng,
): Decision[] {
  // Nothing can be made any more in a namespace on its way out.
  const ends = view.get(namespaces, undefined, metaOf(set).namespace ?? '')?.metadata?.deletionTimestamp !== undefined;
  if (ends) return [];
  return [...placementDecisions(set, places, hash, nowMs, rng), ...updateDecisions(set, places, hash, nowMs, rng)];
}

function tidy(set: DaemonSet, history: History, owned: readonly Pod[]): Decision[] {
  const hashes = new Set(owned.map((pod) => metaOf(pod).labels?.[REVISION_HASH]));
  return truncated(history, limitOf(set), (revision) => hashes.has(hashOf(revision)));
}
