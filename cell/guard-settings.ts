import type { GuardSettings } from '../master/guard-settings.ts';
import { ADMISSION_NAMES, type AdmissionName } from '../master/objects/admission/names.ts';
import { BadValue, type Setting, text, type Values, wholeNumber } from './config.ts';
import { Trouble } from './trouble.ts';

/** What is let in, written down and kept secret: flags as Kubernetes' API server has them, where it has them. */

const optional = (name: string, placeholder: string, description: string) =>
  text<string | undefined>({ name, placeholder, description, fallback: undefined });

const admission = (name: string, description: string): Setting<readonly AdmissionName[]> => ({
  name,
  placeholder: 'list',
  description,
  fallback: [],
  read: (value) =>
    value
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
      .map((each) => {
        const found = ADMISSION_NAMES.find((known) => known === each);
        if (found) return found;
        throw new BadValue(`holds "${each}", which is not one of ${ADMISSION_NAMES.join(', ')}`);
      }),
});

const MOST_MEGABYTES = 1_000_000;
const MOST_FILES = 100_000;

export const guardSettings = {
  enableAdmission: admission('enable-admission', 'admission rules that are on, separated by commas; all are'),
  disableAdmission: admission('disable-admission', 'admission rules that are off'),
  auditLog: optional('audit-log', 'file', 'write down who did what: JSON lines of audit.k8s.io/v1'),
  auditPolicy: optional('audit-policy', 'file', 'what is written of which request (default: metadata of all)'),
  auditLogMaxsize: wholeNumber<number>({
    name: 'audit-log-maxsize',
    placeholder: 'megabytes',
    description: 'size at which the audit log is put aside and begun anew; 0 is never',
    fallback: 100,
    least: 0,
    most: MOST_MEGABYTES,
  }),
  auditLogMaxbackup: wholeNumber<number>({
    name: 'audit-log-maxbackup',
    placeholder: 'count',
    description: 'audit logs put aside that are kept; 0 is all',
    fallback: 10,
    least: 0,
    most: MOST_FILES,
  }),
  encryptionKey: optional(
    'encryption-key',
    'file',
    'keep secrets encrypted: 32 bytes in base64, or EncryptionConfiguration',
  ),
};

/** Throws `Trouble` where flags contradict each other. */
export function guardOf(values: Values<typeof guardSettings>): GuardSettings {
  const { enableAdmission, disableAdmission, auditLog, auditPolicy, encryptionKey } = values;
  const both = disableAdmission.find((name) => enableAdmission.includes(name));
  if (both)
    throw new Trouble(`${both} is in --enable-admission and in --disable-admission: take it from one of them`, 2);
  if (auditPolicy && !auditLog)
    throw new Trouble('--audit-policy says what is written to --audit-log: give that too', 2);
  return {
    disabledAdmission: disableAdmission,
    ...(encryptionKey && { encryptionKeyFile: encryptionKey }),
    ...(auditLog && {
      audit: {
        file: auditLog,
        ...(auditPolicy && { policyFile: auditPolicy }),
        maxSizeMb: values.auditLogMaxsize,
        maxBackups: values.auditLogMaxbackup,
      },
    }),
  };
}
