import { type StatefulSet, statefulSets } from '../../../api/apps/stateful-set.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { bounded, type Decision } from '../kit/decision.ts';
import { claim, ownerKeys } from '../kit/ownership.ts';
import { type History, historyOf, truncated } from '../revisions/history.ts';
import { type Census, censusOf } from './census.ts';
import { ordinalOf, revisionOf } from './identity.ts';
import { awaitingClaim, awaitingPod } from './names-awaited.ts';
import { updateDecisions } from './rolling-update.ts';
import { scale } from './scaling.ts';
import { statusDecisions } from './status.ts';

const DEFAULT_HISTORY = 10;

/** Keeps pods with lasting names and storage, one number each (Kubernetes docs, "StatefulSets"). */
export const statefulSetController: Controller = {
  name: 'statefulset',
  watches: [
    watchSelf(statefulSets),
    watch(pods, (change, view) => ownerKeys(view, statefulSets, ({ spec }) => spec?.selector, change)),
    watch(pods, (change, view) => awaitingPod(view, change)),
    watch(persistentVolumeClaims, (change, view) => awaitingClaim(view, change)),
  ],
  reconcile(view, key, nowMs) {
    const set = lookUp(view, statefulSets, key);
    if (!set?.spec) return [];
    const owner = { resource: statefulSets, object: set, selector: set.spec.selector };
    const { owned, decisions } = claim(view, owner, pods, { adoptable: (pod) => ordinalOf(set, pod) !== undefined });
    if (metaOf(set).deletionTimestamp) return decisions;
    const history = historyOfSet(view, set);
    const update = history.present;
    const current = history.all.find((one) => metaOf(one).name === set.status?.currentRevision) ?? update;
    const census = censusOf(set, owned, { current, update }, nowMs);
    return [
      ...decisions,
      ...history.decisions,
      ...tidy(census, history),
      ...(history.collides || isEnding(view, set) ? [] : actionsOn(view, census)),
      ...statusDecisions(census, history.collides, nowMs),
    ];
  },
};

const limitOf = ({ spec }: StatefulSet): number => spec?.revisionHistoryLimit ?? DEFAULT_HISTORY;

const historyOfSet = (view: CacheReader, set: StatefulSet): History =>
  historyOf(view, {
    resource: statefulSets,
    object: set,
    template: set.spec?.template,
    collisionCount: set.status?.collisionCount,
  });

/** Nothing can be made any more in a namespace on its way out. */
const isEnding = (view: CacheReader, set: StatefulSet): boolean =>
  view.get(namespaces, undefined, metaOf(set).namespace ?? '')?.metadata?.deletionTimestamp !== undefined;

function actionsOn(view: CacheReader, census: Census): Decision[] {
  const { decisions, settled } = scale(view, census);
  return bounded(settled ? [...decisions, ...updateDecisions(census)] : decisions);
}

function tidy({ set, current, seats, condemned }: Census, history: History): Decision[] {
  const names = new Set([...seats, ...condemned].map(({ pod }) => pod && revisionOf(pod)));
  const inUse = (name: string | undefined) => name === metaOf(current).name || names.has(name);
  return truncated(history, limitOf(set), (revision) => inUse(metaOf(revision).name));
}
