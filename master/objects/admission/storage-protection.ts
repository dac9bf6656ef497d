import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../../../api/core/volume-protection.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { AdmissionRule } from './admission.ts';

/** Every claim and volume is made with what keeps it from going while it is in use; controllers take it off. */
export const storageProtection: AdmissionRule = {
  name: 'StorageObjectInUseProtection',
  admit({ operation, resource, object }) {
    if (operation !== 'create') return undefined;
    const claim = isSameResource(resource, persistentVolumeClaims);
    if (!claim && !isSameResource(resource, persistentVolumes)) return undefined;
    const finalizer = claim ? CLAIM_PROTECTION : VOLUME_PROTECTION;
    const meta = metaOf(object);
    if (!meta.finalizers?.includes(finalizer)) meta.finalizers = [...(meta.finalizers ?? []), finalizer];
    return undefined;
  },
};
