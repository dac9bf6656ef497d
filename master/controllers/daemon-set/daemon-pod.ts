import { type DaemonSet, daemonSets } from '../../../api/apps/daemon-set.ts';
import { TEMPLATE_GENERATION_ANNOTATION } from '../../../api/apps/daemon-set-defaults.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { podFromTemplate } from '../pods/pod-from-template.ts';
import { REVISION_HASH } from '../revisions/history.ts';
import { daemonTolerations } from './eligibility.ts';

/** Clients of old versions look at it. */
const TEMPLATE_GENERATION = 'pod-template-generation';

/**
 * A pod that only one node will do for: the scheduler places it there, and so it waits for room and makes room as any other
 * (Kubernetes docs, "DaemonSet", "How Daemon Pods are scheduled").
 */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string, rng: Rng): Pod {
  const pod = podFromTemplate({ resource: daemonSets, object: set }, set.spec?.template, rng);
  const meta = metaOf(pod);
  const generation = metaOf(set).annotations?.[TEMPLATE_GENERATION_ANNOTATION];
  meta.labels = { ...meta.labels, [REVISION_HASH]: hash, ...(generation && { [TEMPLATE_GENERATION]: generation }) };
  pod.spec = { ...pod.spec, ...pinned(pod.spec, nodeName), tolerations: daemonTolerations(pod.spec) } as PodSpec;
  return pod;
}

/** Terms are alternatives, so that the node's name takes the place of all of them: they have been looked at. */
function pinned(spec: PodSpec | undefined, nodeName: string): Pick<PodSpec, 'affinity'> {
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms: [{ matchFields }] };
  const { affinity } = spec ?? {};
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution };
  return { affinity: { ...affinity, nodeAffinity } };
}

/** The node a daemon pod is on, or is for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const named = matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (named?.values?.length === 1) return named.values[0];
  }
  return undefined;
}
