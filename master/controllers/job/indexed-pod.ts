import { type Job, jobs } from '../../../api/batch/job.ts';
import { COMPLETION_INDEX_LABEL } from '../../../api/batch/job-defaults.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { podFromTemplate } from '../pods/pod-from-template.ts';
import { FAILURE_COUNT, failuresOf, hasLimitPerIndex, type Indexes } from './indexes.ts';
import { TRACKING_FINALIZER } from './tally.ts';

const SUFFIX_LENGTH = 5;
const VARIABLE = 'JOB_COMPLETION_INDEX';

/** A pod that knows its number: by annotation, label, host name and variable (Kubernetes docs, "Jobs", "Completion mode"). */
export function indexedPod(job: Job, index: number, indexes: Indexes, rng: Rng): Pod {
  const pod = podFromTemplate({ resource: jobs, object: job }, job.spec?.template, rng, [TRACKING_FINALIZER]);
  const meta = metaOf(pod);
  const host = `${metaOf(job).name}-${index}`;
  const number = { [COMPLETION_INDEX_LABEL]: String(index) };
  const failures: Record<string, string> = hasLimitPerIndex(job)
    ? { [FAILURE_COUNT]: String(failuresOf(job, index, indexes)) }
    : {};
  meta.generateName = `${host}-`.slice(0, 63 - SUFFIX_LENGTH);
  meta.name = `${meta.generateName}${rng.suffix(SUFFIX_LENGTH)}`;
  meta.labels = { ...meta.labels, ...number };
  meta.annotations = { ...meta.annotations, ...number, ...failures };
  const spec = pod.spec ?? { containers: [] };
  pod.spec = {
    ...spec,
    hostname: spec.hostname ?? host,
    containers: spec.containers.map(numbered),
    initContainers: spec.initContainers?.map(numbered),
  };
  return pod;
}

type Container = PodSpec['containers'][number];

function numbered(container: Container): Container {
  if (container.env?.some(({ name }) => name === VARIABLE)) return container;
  const fieldPath = `metadata.annotations['${COMPLETION_INDEX_LABEL}']`;
  const variable = { name: VARIABLE, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
  return { ...container, env: [...(container.env ?? []), variable] };
}
