import type { Hook } from '../webhooks/hook.ts';
import type { AdmissionRule } from './admission.ts';

/** What `--enable-admission` and `--disable-admission` may name; all of it is on unless it is taken away. Kubernetes' names first. */
export const ADMISSION_NAMES = [
  'NamespaceLifecycle',
  'LimitRanger',
  'ServiceAccount',
  'ResourceQuota',
  'PodSecurity',
  'Priority',
  'RuntimeClass',
  'DefaultStorageClass',
  'DefaultIngressClass',
  'DefaultTolerationSeconds',
  'StorageObjectInUseProtection',
  'PersistentVolumeClaimResize',
  'NodeRestriction',
  'CertificateSubjectRestriction',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionWebhook',
  'BandQuota',
] as const;
export type AdmissionName = (typeof ADMISSION_NAMES)[number];

/** The rules without those that were taken away. */
export const chosenRules = (
  rules: readonly AdmissionRule[],
  disabled: readonly AdmissionName[] = [],
): readonly AdmissionRule[] => rules.filter(({ name }) => !disabled.some((each) => each === name));

/** The types of webhooks that are asked. */
export function webhookTypes(disabled: readonly AdmissionName[] = []): readonly Hook['type'][] {
  const types: Readonly<Partial<Record<AdmissionName, Hook['type']>>> = {
    MutatingAdmissionWebhook: 'mutating',
    ValidatingAdmissionWebhook: 'validating',
  };
  return ADMISSION_NAMES.flatMap((name) => (disabled.includes(name) ? [] : (types[name] ?? [])));
}
