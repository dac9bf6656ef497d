import { jobs } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { controllingOwner } from '../kit/ownership.ts';
import { isTracked, untrack } from './tally.ts';

/**
 * Frees pods that wait to be counted by a Job that is no more: without this a deleted Job's pods would never go. The keys are
 * pods.
 */
export const orphanedJobPodController: Controller = {
  name: 'job-orphaned-pod',
  watches: [
    watch(pods, ({ type, object }, view) => (type !== 'deleted' && isOrphaned(view, object) ? [keyOf(object)] : [])),
    watch(jobs, ({ type, object }, view) =>
      type === 'deleted'
        ? view
            .ownedBy(pods, metaOf(object).uid ?? '')
            .filter(isTracked)
            .map(keyOf)
        : [],
    ),
  ],
  reconcile(view, key) {
    const pod = lookUp(view, pods, key);
    return pod && isOrphaned(view, pod) ? [untrack(pod)] : [];
  },
};

const isOrphaned = (view: CacheReader, pod: Pod): boolean => isTracked(pod) && !controllingOwner(view, jobs, pod);
