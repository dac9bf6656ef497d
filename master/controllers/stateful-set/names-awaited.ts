import { type StatefulSet, statefulSets } from '../../../api/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';
import { claimNameOf, ordinalOf } from './identity.ts';

/** Names that sets give may be taken: by pods of others, and by claims that are on their way out. Whose turn comes when one is free. */

export function awaitingPod(view: CacheReader, { type, object }: Change<Pod>): string[] {
  if (type !== 'deleted') return [];
  const { namespace, name = '' } = metaOf(object);
  const set = view.get(statefulSets, namespace, name.replace(/-\d+$/, ''));
  return set && ordinalOf(set, object) !== undefined ? [keyOf(set)] : [];
}

export function awaitingClaim(view: CacheReader, { type, object }: Change<PersistentVolumeClaim>): string[] {
  if (type !== 'deleted') return [];
  const { namespace, name = '' } = metaOf(object);
  const ordinal = Number(/-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(ordinal)) return [];
  const isTheirs = (set: StatefulSet) =>
    (set.spec?.volumeClaimTemplates ?? []).some((template) => claimNameOf(template, set, ordinal) === name);
  return view.list(statefulSets, namespace).filter(isTheirs).map(keyOf);
}
