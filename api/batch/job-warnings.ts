import { podWarnings } from '../core/pod-warnings.ts';
import type { JobSpec } from './job.ts';

/** `path` is where the spec stands: `spec`, or `spec.jobTemplate.spec`. */
export const jobWarnings = (spec: JobSpec | undefined, path: string): string[] =>
  podWarnings(spec?.template?.spec, `${path}.template.spec`);
