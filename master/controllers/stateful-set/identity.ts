import { type StatefulSet, statefulSets } from '../../../api/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { copyJson } from '../../../api/meta/json.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { controllerReference } from '../kit/ownership.ts';
import { REVISION_HASH } from '../revisions/history.ts';

/** Names that last: of pods, and of what is theirs (Kubernetes docs, "StatefulSets", "Pod Identity" and "Stable Storage"). */

const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

export const podNameOf = (set: StatefulSet, ordinal: number): string => `${metaOf(set).name}-${ordinal}`;

export const claimNameOf = (template: PersistentVolumeClaim, set: StatefulSet, ordinal: number): string =>
  `${metaOf(template).name}-${podNameOf(set, ordinal)}`;

/** The number in the pod's name; undefined for a pod that is named otherwise. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name = '' } = metaOf(pod);
  const prefix = `${metaOf(set).name}-`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^(0|[1-9]\d{0,9})$/.test(rest) ? Number(rest) : undefined;
}

/** The name of the revision that the pod was made from. */
export const revisionOf = (pod: Pod): string | undefined => metaOf(pod).labels?.[REVISION_HASH];

const identityLabels = (set: StatefulSet, ordinal: number): Record<string, string> => ({
  [POD_NAME]: podNameOf(set, ordinal),
  [POD_INDEX]: String(ordinal),
});

/** Pod `ordinal` of the set as a revision's template has it. */
export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  template: PodTemplateSpec | undefined,
  revision: string,
): Pod {
  const name = podNameOf(set, ordinal);
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const spec = copyJson(template?.spec ?? { containers: [] }, 'the template') as PodSpec;
  return {
    metadata: {
      name,
      generateName: `${metaOf(set).name}-`,
      namespace: metaOf(set).namespace,
      labels: { ...labels, ...identityLabels(set, ordinal), [REVISION_HASH]: revision },
      annotations: annotations && { ...annotations },
      finalizers: finalizers && [...finalizers],
      ownerReferences: [controllerReference(statefulSets, set)],
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec?.serviceName || undefined,
      volumes: volumesOf(set, ordinal, spec),
    },
  };
}

/** Claims take the place of the template's volumes of the same name. */
function volumesOf(set: StatefulSet, ordinal: number, spec: PodSpec): PodSpec['volumes'] {
  const templates = set.spec?.volumeClaimTemplates ?? [];
  const claims = templates.map((template) => ({
    name: metaOf(template).name ?? '',
    persistentVolumeClaim: { claimName: claimNameOf(template, set, ordinal) },
  }));
  const others = (spec.volumes ?? []).filter(({ name }) => !claims.some((claim) => claim.name === name));
  return claims.length + others.length > 0 ? [...claims, ...others] : undefined;
}

/** What an adopted pod lacks of its identity; undefined when nothing. */
export function missingLabels(set: StatefulSet, ordinal: number, pod: Pod): Record<string, string> | undefined {
  const wanted = identityLabels(set, ordinal);
  const labels = metaOf(pod).labels ?? {};
  return Object.entries(wanted).every(([key, value]) => labels[key] === value) ? undefined : wanted;
}
