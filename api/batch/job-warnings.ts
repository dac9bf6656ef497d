import { podWarnings } from '../core/pod-warnings.ts';
import { rowOf, unusedWarnings } from '../core/unused-fields.ts';
import type { JobSpec } from './job.ts';

/** Fields of jobs that the controller does not act on yet; a field leaves the table when it does. */
const UNUSED = ['backoffLimitPerIndex', 'maxFailedIndexes', 'podFailurePolicy', 'successPolicy'].map((path) =>
  rowOf({ path, asks: (value) => value !== undefined }),
);

/** `path` is where the spec stands: `spec`, or `spec.jobTemplate.spec`. */
export const jobWarnings = (spec: JobSpec | undefined, path: string): string[] => [
  ...unusedWarnings(spec, path, UNUSED),
  ...podWarnings(spec?.template?.spec, `${path}.template.spec`),
];
