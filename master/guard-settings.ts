import type { AuditSettings } from './apiserver/audit/audit.ts';
import type { AdmissionName } from './objects/admission/names.ts';

/** What whoever starts a master says of what is let in, written down and kept secret. */
export interface GuardSettings {
  /** Admission rules that do not run. Default: all run. */
  readonly disabledAdmission?: readonly AdmissionName[];
  /** Default: no audit log. */
  readonly audit?: AuditSettings;
  /** What is kept encrypted in the store, and with which keys. Default: nothing. */
  readonly encryptionKeyFile?: string;
}
