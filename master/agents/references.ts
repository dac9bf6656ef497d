import { ephemeralClaimName } from '../../api/core/ephemeral-claim.ts';
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts';
import type { Container, Pod } from '../../api/core/pod.ts';

/** An object that a pod needs to run: of its own namespace, or the volume that its claim has got. */
export interface Reference {
  readonly plural: 'configmaps' | 'secrets' | 'persistentvolumeclaims' | 'persistentvolumes' | 'nodes';
  /** Empty for volumes and nodes. */
  readonly namespace: string;
  readonly name: string;
}

/** What a pod's agent must be given beside the pod: everything its environment, volumes and image pulls refer to, each once. */
export function referencesOf(pod: Pod): Reference[] {
  const namespace = pod.metadata?.namespace ?? '';
  const found = new Map<string, Reference>();
  const add = (plural: Reference['plural'], name: string | undefined) => {
    if (name) found.set(`${plural}/${name}`, { plural, namespace, name });
  };
  const spec = pod.spec;
  const containers = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    // An ephemeral container has a container's environment, under a type of its own.
    ...((spec?.ephemeralContainers ?? []) as readonly Pick<Container, 'env' | 'envFrom'>[]),
  ];
  for (const container of containers) environmentReferences(container, add);
  for (const volume of spec?.volumes ?? []) {
    add('configmaps', volume.configMap?.name);
    add('secrets', volume.secret?.secretName);
    add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral) add('persistentvolumeclaims', ephemeralClaimName(pod.metadata?.name ?? '', volume.name));
    for (const source of volume.projected?.sources ?? []) {
      add('configmaps', source.configMap?.name);
      add('secrets', source.secret?.name);
    }
  }
  for (const secret of spec?.imagePullSecrets ?? []) add('secrets', secret.name);
  // Its agent makes sure that it is where it wants to be, for pods that come past the scheduler.
  if (spec?.nodeName && asksForLabels(spec))
    found.set('nodes', { plural: 'nodes', namespace: '', name: spec.nodeName });
  return [...found.values()];
}

/** Whether it wants something of its node beside the name, which its agent knows. */
function asksForLabels({ nodeSelector, affinity }: NonNullable<Pod['spec']>): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return nodeSelector !== undefined || required.some(({ matchExpressions = [] }) => matchExpressions.length > 0);
}

/** The volume that a claim has got, or is about to. */
export function volumeOf({ spec }: PersistentVolumeClaim): Reference | undefined {
  return spec?.volumeName ? { plural: 'persistentvolumes', namespace: '', name: spec.volumeName } : undefined;
}

function environmentReferences(
  container: Pick<Container, 'env' | 'envFrom'>,
  add: (plural: Reference['plural'], name: string | undefined) => void,
): void {
  for (const variable of container.env ?? []) {
    add('configmaps', variable.valueFrom?.configMapKeyRef?.name);
    add('secrets', variable.valueFrom?.secretKeyRef?.name);
  }
  for (const source of container.envFrom ?? []) {
    add('configmaps', source.configMapRef?.name);
    add('secrets', source.secretRef?.name);
  }
}
