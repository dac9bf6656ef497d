import {
  classOfClaim,
  STORAGE_PROVISIONER,
  STORAGE_PROVISIONER_BETA,
} from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import {
  isDefaultClass,
  NO_PROVISIONER,
  type StorageClass,
  storageClasses,
} from '../../../api/storage/storage-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Decision, update } from '../kit/decision.ts';
import { parseTimeMs } from '../pods/pod-state.ts';
import { remark } from './remark.ts';

/**
 * Asks the provisioner of the class for a volume, by the annotations that provisioners look for (Kubernetes docs, "Dynamic Volume
 * Provisioning"). Making it is the provisioner's work; the one that is built in looks for them, too (volume-provisioner/).
 */
export function provisioningDecisions(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
): Decision[] {
  const className = classOfClaim(claim);
  if (!className) {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return [remark(claim, 'Normal', 'FailedBinding', message)];
  }
  if (!storageClass) {
    const message = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`;
    return [remark(claim, 'Warning', 'ProvisioningFailed', message)];
  }
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER) {
    const message = `no persistent volumes available for this claim, and storage class ${JSON.stringify(className)} makes none: create one`;
    return [remark(claim, 'Normal', 'FailedBinding', message)];
  }
  const message = `waiting for provisioner ${JSON.stringify(provisioner)}, or a person, to create a volume; if none comes, see whether the provisioner runs`;
  return [...askProvisioner(claim, provisioner), remark(claim, 'Normal', 'ExternalProvisioning', message)];
}

function askProvisioner(claim: PersistentVolumeClaim, provisioner: string): Decision[] {
  const asked = { [STORAGE_PROVISIONER]: provisioner, [STORAGE_PROVISIONER_BETA]: provisioner };
  const found = metaOf(claim).annotations ?? {};
  if (Object.entries(asked).every(([key, value]) => found[key] === value)) return [];
  return [
    update(persistentVolumeClaims, claim, (current) => {
      const meta = metaOf(current);
      meta.annotations = { ...meta.annotations, ...asked };
    }),
  ];
}

/** The class that a claim gets because it names none: the default one, of several the newest ("Storage Classes"). */
export function defaultClass(view: CacheReader, claim: PersistentVolumeClaim): string | undefined {
  if (classOfClaim(claim) || claim.spec?.storageClassName !== undefined) return undefined;
  const newest = view
    .list(storageClasses)
    .filter(isDefaultClass)
    .sort((a, b) => createdMs(b) - createdMs(a) || (nameOfClass(a) < nameOfClass(b) ? -1 : 1));
  return newest[0] && nameOfClass(newest[0]);
}

const nameOfClass = (found: StorageClass): string => metaOf(found).name ?? '';
const createdMs = (found: StorageClass): number => parseTimeMs(metaOf(found).creationTimestamp);

export const defaultClassDecision = (claim: PersistentVolumeClaim, className: string): Decision =>
  update(persistentVolumeClaims, claim, (current) => {
    if (current.spec && !current.spec.volumeName) current.spec.storageClassName ??= className;
  });
