import { ephemeralClaimName, isMadeFor } from '../../../api/core/ephemeral-claim.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { CLAIM_PROTECTION } from '../../../api/core/volume-protection.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { ControllerView } from '../kit/controller.ts';
import { type Controller, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { update } from '../kit/decision.ts';

/**
 * Lets a claim that is deleted go once no pod has it any more (Kubernetes docs, "Persistent Volumes", "Storage Object in Use
 * Protection"). Pods without a node do not count: none that comes to one now is started with a claim that is on its way out.
 */
export const claimProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection',
  watches: [
    watchSelf(persistentVolumeClaims),
    watch(pods, ({ object }, view) => {
      const { namespace } = metaOf(object);
      return claimNames(object).flatMap((name) => {
        const claim = view.get(persistentVolumeClaims, namespace, name);
        return claim && metaOf(claim).deletionTimestamp ? [`${namespace}/${name}`] : [];
      });
    }),
  ],
  reconcile(view, key) {
    const claim = lookUp(view, persistentVolumeClaims, key);
    if (!claim || !isHeld(claim) || isInUse(view, claim)) return [];
    return [
      update(persistentVolumeClaims, claim, (current) => {
        const meta = metaOf(current);
        meta.finalizers = meta.finalizers?.filter((finalizer) => finalizer !== CLAIM_PROTECTION);
      }),
    ];
  },
};

const isHeld = (claim: PersistentVolumeClaim): boolean =>
  metaOf(claim).deletionTimestamp !== undefined && !!metaOf(claim).finalizers?.includes(CLAIM_PROTECTION);

function claimNames({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    ephemeral ? [ephemeralClaimName(metadata?.name ?? '', name)] : (persistentVolumeClaim?.claimName ?? []),
  );
}

function isInUse(view: ControllerView, claim: PersistentVolumeClaim): boolean {
  const { namespace, name } = metaOf(claim);
  return view.list(pods, namespace).some((pod) => pod.spec?.nodeName && uses(pod, claim, name));
}

const uses = ({ metadata, spec }: Pod, claim: PersistentVolumeClaim, name: string | undefined): boolean =>
  (spec?.volumes ?? []).some(
    (volume) =>
      volume.persistentVolumeClaim?.claimName === name ||
      (volume.ephemeral !== undefined &&
        ephemeralClaimName(metadata?.name ?? '', volume.name) === name &&
        isMadeFor(claim, { metadata })),
  );
