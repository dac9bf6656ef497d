import { pods } from '../../../api/core/pod.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { metaOf } from '../../../api/meta/object.ts';
import {
  POD_GROUP_API_GROUP,
  type PodGroup,
  podGroups,
  X_POD_GROUP_API_GROUP,
} from '../../../api/stowage/pod-group.ts';
import { type XPodGroup, xPodGroups } from '../../../api/stowage/x-pod-group.ts';
import { type Controller, type ControllerView, watch } from '../kit/controller.ts';
import { type Decision, updateStatus, wake } from '../kit/decision.ts';
import { Census, groupKey } from './census.ts';
import { phaseOf } from './phase.ts';

/** The least time between two writes for one group: what changes in between is told together. */
const PAUSE_MS = 1_000;

/** The two kinds, of which only what they have in common is looked at. */
type AnyPodGroup = PodGroup | XPodGroup;
const KINDS: Readonly<Record<string, ResourceDefinition<AnyPodGroup>>> = {
  [POD_GROUP_API_GROUP]: podGroups as ResourceDefinition<AnyPodGroup>,
  [X_POD_GROUP_API_GROUP]: xPodGroups as ResourceDefinition<AnyPodGroup>,
};

/** Keeps what each PodGroup says of its pods up to date. Whether they may be placed is the scheduler's to say, in a condition. */
export function podGroupController(): Controller {
  // Fed by the watch, so that nobody counts all pods for each that changes.
  const census = new Census();
  const writtenAtMs = new Map<string, number>();
  const watchKind = (apiGroup: typeof POD_GROUP_API_GROUP | typeof X_POD_GROUP_API_GROUP) =>
    watch(KINDS[apiGroup]!, ({ object }) => {
      const { namespace = '', name = '' } = metaOf(object);
      return [groupKey({ apiGroup, name }, namespace)];
    });
  return {
    name: 'pod-group',
    watches: [
      watchKind(POD_GROUP_API_GROUP),
      watchKind(X_POD_GROUP_API_GROUP),
      watch(pods, (change, view) => census.apply(change).filter((key) => lookUp(view, key))),
    ],
    reconcile(view, key, nowMs) {
      const found = lookUp(view, key);
      if (!found) {
        writtenAtMs.delete(key);
        return [];
      }
      const decision = statusDecision(found, census.of(key));
      if (!decision) return [];
      const sinceMs = nowMs - (writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY);
      if (sinceMs >= 0 && sinceMs < PAUSE_MS) return [wake(PAUSE_MS - sinceMs)];
      writtenAtMs.set(key, nowMs);
      return [decision];
    },
  };
}

interface Found {
  readonly resource: ResourceDefinition<AnyPodGroup>;
  readonly group: AnyPodGroup;
}

function lookUp(view: ControllerView, key: string): Found | undefined {
  const [apiGroup = '', namespace, name = ''] = key.split('/');
  const resource = KINDS[apiGroup]!;
  const group = view.get(resource, namespace, name);
  return group && { resource, group };
}

/** Nothing when the status is as it should be. What others say in it stays. */
function statusDecision({ resource, group }: Found, count: ReturnType<Census['of']>): Decision | undefined {
  const { spec, status } = group;
  // When the pods of a group that has ended are cleared away, it has still ended.
  if (count.total === 0 && (status?.phase === 'Finished' || status?.phase === 'Failed')) return undefined;
  const { scheduled, running, succeeded, failed } = count;
  const phase = phaseOf(count, Math.max(1, spec?.minMember ?? 1));
  const next = { phase, scheduled, running, succeeded, failed };
  const isStale = Object.entries(next).some(([field, value]) => status?.[field as keyof typeof next] !== value);
  if (!isStale) return undefined;
  return updateStatus(resource, group, (current) => {
    current.status = { ...current.status, ...next };
  });
}
