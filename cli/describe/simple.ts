import type { ServiceAccount } from '../../api/core/service-account.ts';
import type { PriorityClass } from '../../api/scheduling/priority-class.ts';
import type { Describer } from './describe.ts';
import { annotationLines, field, pairLines } from './rows.ts';

/** What `describe serviceaccount` shows. */
export const describeServiceAccount: Describer<ServiceAccount> = ({ metadata, imagePullSecrets }) => [
  field(0, 'Name', metadata?.name),
  field(0, 'Namespace', metadata?.namespace),
  ...pairLines(0, 'Labels', metadata?.labels),
  ...annotationLines(0, metadata?.annotations),
  field(0, 'Image pull secrets', (imagePullSecrets ?? []).map(({ name }) => name).join(', ')),
];

/** What `describe priorityclass` shows. */
export const describePriorityClass: Describer<PriorityClass> = (priorityClass) => [
  field(0, 'Name', priorityClass.metadata?.name),
  field(0, 'Value', priorityClass.value),
  field(0, 'GlobalDefault', priorityClass.globalDefault ?? false),
  field(0, 'PreemptionPolicy', priorityClass.preemptionPolicy),
  field(0, 'Description', priorityClass.description),
  ...annotationLines(0, priorityClass.metadata?.annotations),
];
