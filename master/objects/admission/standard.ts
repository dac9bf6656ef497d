import type { AdmissionRule } from './admission.ts';
import { bandQuota } from './band-quota.ts';
import { certificateRequests } from './certificate-requests.ts';
import { claimGrowth } from './claim-growth.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { DEFAULT_TOLERATION_SECONDS, defaultTolerations, type TolerationSeconds } from './default-tolerations.ts';
import { limitRange } from './limit-range.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podPriority } from './pod-priority.ts';
import { podSecurity } from './pod-security.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import { resourceQuota } from './resource-quota.ts';
import type { ResourceQuotaLedger } from './resource-quota-ledger.ts';
import { podRuntimeClass } from './runtime-class.ts';
import { podServiceAccount } from './service-account.ts';
import { storageProtection } from './storage-protection.ts';

/** The rules every cell has, in the order in which they see an object. Without its ledger, a kind of quota is not enforced. */
export const standardAdmission = (
  ledger?: QuotaLedger,
  quotas?: ResourceQuotaLedger,
  tolerations?: Partial<TolerationSeconds>,
): AdmissionRule[] => [
  namespaceLifecycle,
  podServiceAccount,
  podPriority,
  podRuntimeClass,
  defaultTolerations({ ...DEFAULT_TOLERATION_SECONDS, ...tolerations }),
  defaultStorageClass,
  defaultIngressClass,
  storageProtection,
  claimGrowth,
  limitRange,
  podSecurity,
  certificateRequests,
  ...(ledger ? [bandQuota(ledger)] : []),
  ...(quotas ? [resourceQuota(quotas)] : []),
];
