import type { AdmissionRule } from './admission.ts';
import { DEFAULT_TOLERATION_SECONDS, defaultTolerations } from './default-tolerations.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podPriority } from './pod-priority.ts';
import { podServiceAccount } from './service-account.ts';

/** The rules every cell has, in the order in which they see an object. */
export const standardAdmission = (): AdmissionRule[] => [
  namespaceLifecycle,
  podServiceAccount,
  podPriority,
  defaultTolerations(DEFAULT_TOLERATION_SECONDS),
];
