import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { isActive } from '../pods/pod-state.ts';

export const podsOf = (view: CacheReader, set: ReplicaSet): Pod[] => view.ownedBy(pods, metaOf(set).uid ?? '');

/** Pods that stand for a ReplicaSet now. */
export const activePodsOf = (view: CacheReader, set: ReplicaSet): Pod[] => podsOf(view, set).filter(isActive);
