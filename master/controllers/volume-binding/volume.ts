import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { BOUND_BY_CONTROLLER, PROVISIONED_BY } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Decision, update, updateStatus } from '../kit/decision.ts';
import { remark } from './remark.ts';

type Phase = NonNullable<NonNullable<PersistentVolume['status']>['phase']>;

/** What a volume's phase has to be, or that it must be let go; `same` while a binding is under way. */
type Verdict =
  | { readonly type: 'phase'; readonly phase: Phase; readonly reason?: string; readonly message?: string }
  | { readonly type: 'let-go' }
  | { readonly type: 'same' };

const phase = (name: Phase): Verdict => ({ type: 'phase', phase: name });

/** Keeps a volume's phase true, and frees it when its claim chose another (Kubernetes docs, "Persistent Volumes", phase). */
export function volumeDecisions(view: CacheReader, volume: PersistentVolume, nowMs: number): Decision[] {
  const verdict = judge(volume, claimOf(view, volume));
  if (verdict.type === 'same') return [];
  if (verdict.type === 'let-go') return [letGo(volume)];
  if (verdict.phase === volume.status?.phase) return [];
  const { type: _type, ...status } = verdict;
  const { reason, message } = verdict;
  return [
    updateStatus(
      persistentVolumes,
      volume,
      (current) => {
        current.status = { ...status, lastPhaseTransitionTime: timestamp(nowMs) };
      },
      // What it was decided by is in the volume itself.
      { exact: true },
    ),
    ...(reason && message ? [remark(volume, 'Warning', reason, message)] : []),
  ];
}

/** The very claim a volume is kept for, not one that took its name. */
function claimOf(view: CacheReader, { spec }: PersistentVolume): PersistentVolumeClaim | undefined {
  const { namespace, name, uid } = spec?.claimRef ?? {};
  const claim = name ? view.get(persistentVolumeClaims, namespace, name) : undefined;
  return claim && metaOf(claim).uid === uid ? claim : undefined;
}

function judge(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): Verdict {
  // Kept for a name: until a claim of that name comes, it is there to be had.
  if (!volume.spec?.claimRef?.uid) return phase('Available');
  if (!claim) return leftBehind(volume);
  const { volumeName } = claim.spec ?? {};
  if (!volumeName) return { type: 'same' };
  return volumeName === metaOf(volume).name ? phase('Bound') : { type: 'let-go' };
}

/** Its claim is gone. Who made the volume deletes it where it should be deleted; nobody else may touch what is on it. */
function leftBehind(volume: PersistentVolume): Verdict {
  const { persistentVolumeReclaimPolicy: policy = 'Retain' } = volume.spec ?? {};
  if (volume.status?.phase === 'Failed') return { type: 'same' };
  if (policy === 'Retain' || metaOf(volume).annotations?.[PROVISIONED_BY] !== undefined) return phase('Released');
  const what =
    policy === 'Delete' ? 'no provisioner made this volume, so none deletes it' : 'nothing here recycles volumes';
  return {
    type: 'phase',
    phase: 'Failed',
    reason: `VolumeFailed${policy}`,
    message: `${what}; delete it, or remove spec.claimRef to offer it again with what is on it`,
  };
}

/** A person's choice of claim stays; only the claim's identity goes. */
const letGo = (volume: PersistentVolume): Decision => ({
  ...update(persistentVolumes, volume, ({ metadata = {}, spec = {} }) => {
    if (metadata.annotations?.[BOUND_BY_CONTROLLER] === undefined) {
      spec.claimRef = { ...spec.claimRef, uid: undefined, resourceVersion: undefined };
      return;
    }
    const { [BOUND_BY_CONTROLLER]: _mark, ...annotations } = metadata.annotations;
    metadata.annotations = Object.keys(annotations).length > 0 ? annotations : undefined;
    delete spec.claimRef;
  }),
  resourceVersion: metaOf(volume).resourceVersion,
});
