import type { Container, Pod } from '../../api/core/pod.ts';

/** A ConfigMap or Secret, in the pod's own namespace, that a pod needs to run. */
export interface Reference {
  readonly plural: 'configmaps' | 'secrets';
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
    for (const source of volume.projected?.sources ?? []) {
      add('configmaps', source.configMap?.name);
      add('secrets', source.secret?.name);
    }
  }
  for (const secret of spec?.imagePullSecrets ?? []) add('secrets', secret.name);
  return [...found.values()];
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
