import { classOfClaim } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { forbidden } from '../../../api/meta/errors.ts';
import { compareQuantities } from '../../../api/meta/quantity.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import type { AdmissionRule } from './admission.ts';

/**
 * A claim grows only once it is bound, and only where its class says that volumes can (Kubernetes docs, "Admission Controllers",
 * PersistentVolumeClaimResize): else the claim would ask for ever for what nobody does.
 */
export const claimGrowth: AdmissionRule = {
  name: 'PersistentVolumeClaimResize',
  admit({ operation, resource, object, previous }, view) {
    if (operation !== 'update' || !isSameResource(resource, persistentVolumeClaims)) return undefined;
    const [next, before] = [object as PersistentVolumeClaim, previous as PersistentVolumeClaim];
    if (compareQuantities(sizeOf(next), sizeOf(before)) <= 0) return undefined;
    const refuse = (why: string) => forbidden(persistentVolumeClaims, next.metadata?.name ?? '', why);
    if (before.status?.phase !== 'Bound') return refuse('Only bound persistent volume claims can be expanded');
    const name = classOfClaim(next);
    const found = name ? view.get(storageClasses, undefined, name) : undefined;
    if (found?.allowVolumeExpansion) return undefined;
    return refuse(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  },
};

const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.storage ?? '0';
