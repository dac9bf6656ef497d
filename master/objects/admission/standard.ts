import type { AdmissionRule } from './admission.ts';
import { bandQuota } from './band-quota.ts';
import { DEFAULT_TOLERATION_SECONDS, defaultTolerations } from './default-tolerations.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podPriority } from './pod-priority.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import { podServiceAccount } from './service-account.ts';

/** The rules every cell has, in the order in which they see an object. Without a ledger, quotas are not enforced. */
export const standardAdmission = (ledger?: QuotaLedger): AdmissionRule[] => [
  namespaceLifecycle,
  podServiceAccount,
  podPriority,
  defaultTolerations(DEFAULT_TOLERATION_SECONDS),
  ...(ledger ? [bandQuota(ledger)] : []),
];
