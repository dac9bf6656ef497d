import { expect, test } from 'vitest';
import { Auth } from '../master/auth/auth.ts';
import { ADMISSION_NAMES, chosenRules, webhookTypes } from '../master/objects/admission/names.ts';
import { standardAdmission } from '../master/objects/admission/standard.ts';
import { resolveSettings } from './config.ts';
import { guardOf, guardSettings } from './guard-settings.ts';

const read = (flags: Record<string, string> = {}) => guardOf(resolveSettings(guardSettings, { flags, env: {} }));

test('nothing is off, written down or encrypted unless the flags say so', () => {
  expect(read()).toEqual({ disabledAdmission: [] });
  const flags = {
    'disable-admission': 'PodSecurity, ValidatingAdmissionWebhook',
    'enable-admission': 'Priority',
    'audit-log': 'a.log',
    'audit-policy': 'p.yaml',
    'audit-log-maxsize': '5',
    'encryption-key': 'k',
  };
  expect(read(flags)).toEqual({
    disabledAdmission: ['PodSecurity', 'ValidatingAdmissionWebhook'],
    audit: { file: 'a.log', policyFile: 'p.yaml', maxSizeMb: 5, maxBackups: 10 },
    encryptionKeyFile: 'k',
  });
});

test.each<[Record<string, string>, RegExp]>([
  [
    { 'disable-admission': 'PodSecurty' },
    /--disable-admission is "PodSecurty", but it holds "PodSecurty", which is not one of NamespaceLifecycle, LimitRanger, /,
  ],
  [
    { 'disable-admission': 'Priority', 'enable-admission': 'Priority' },
    /Priority is in --enable-admission and in --disable-admission/,
  ],
  [{ 'audit-policy': 'p' }, /--audit-policy says what is written to --audit-log: give that too/],
  [{ 'audit-log-maxsize': '-1' }, /must be a whole number/],
])('%j is refused', (flags, message) => {
  expect(() => read(flags)).toThrow(message);
});

test('every name is that of a rule that can be taken away', () => {
  const ledger = {} as never;
  const auth = new Auth({ cache: {} as never, clock: {} as never, log: {} as never, serviceAccountKey: {} as never });
  const rules = [...standardAdmission(ledger, ledger), ...auth.admission];
  const known = [...rules.map(({ name }) => name), 'MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook'];
  for (const name of ADMISSION_NAMES) expect(known).toContain(name);
  for (const { name } of standardAdmission(ledger, ledger)) expect(ADMISSION_NAMES).toContain(name);
  expect(chosenRules(rules, ['PodSecurity']).map(({ name }) => name)).not.toContain('PodSecurity');
  expect(webhookTypes(['MutatingAdmissionWebhook'])).toEqual(['validating']);
});
