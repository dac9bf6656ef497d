import { classOfClaim } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { isDefaultClass, storageClasses } from '../../../api/storage/storage-class.ts';
import type { AdmissionRule } from './admission.ts';
import { newestName } from './newest.ts';

/**
 * A claim that says nothing of a class gets the default one, of several the newest (Kubernetes docs, "Admission Controllers",
 * DefaultStorageClass). An empty class is a word too: none is wanted.
 */
export const defaultStorageClass: AdmissionRule = {
  name: 'DefaultStorageClass',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, persistentVolumeClaims)) return undefined;
    const claim = object as PersistentVolumeClaim;
    const { spec } = claim;
    if (!spec || spec.storageClassName !== undefined || classOfClaim(claim)) return undefined;
    const name = newestName(view.list(storageClasses).filter(isDefaultClass));
    if (name) spec.storageClassName = name;
    return undefined;
  },
};
