import type { ConfigMap, Pod, Secret, Sources } from './pod-types.ts';
import { specOf } from './pod-types.ts';

/** What a pod refers to. */
export interface References {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** Names of the ConfigMaps and Secrets that a pod's environment and volumes refer to. */
export function references(pod: Pod): References {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const add = (names: Set<string>, name: string | undefined) => name && names.add(name);
  const spec = specOf(pod);
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add(configMaps, from.configMapRef?.name);
      add(secrets, from.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  return { configMaps, secrets };
}

/** ConfigMaps and Secrets the master has sent. Owns the only copy. */
export class SourceStore {
  private readonly configMaps = new Map<string, ConfigMap>();
  private readonly secrets = new Map<string, Secret>();

  putConfigMap(object: ConfigMap): void {
    this.configMaps.set(keyOf(object), object);
  }

  putSecret(object: Secret): void {
    this.secrets.set(keyOf(object), object);
  }

  removeConfigMap(namespace: string, name: string): void {
    this.configMaps.delete(`${namespace}/${name}`);
  }

  removeSecret(namespace: string, name: string): void {
    this.secrets.delete(`${namespace}/${name}`);
  }

  clear(): void {
    this.configMaps.clear();
    this.secrets.clear();
  }

  of(namespace: string): Sources {
    return {
      configMap: (name) => this.configMaps.get(`${namespace}/${name}`),
      secret: (name) => this.secrets.get(`${namespace}/${name}`),
    };
  }

  /** All that a pod refers to and that is there. */
  objectsOf(pod: Pod): { configMaps: ConfigMap[]; secrets: Secret[] } {
    const sources = this.of(pod.metadata?.namespace ?? '');
    const { configMaps, secrets } = references(pod);
    return {
      configMaps: [...configMaps].flatMap((name) => sources.configMap(name) ?? []),
      secrets: [...secrets].flatMap((name) => sources.secret(name) ?? []),
    };
  }

  /** Text that changes whenever something the pod refers to does. */
  versionFor(pod: Pod): string {
    const { configMaps, secrets } = this.objectsOf(pod);
    const version = ({ metadata }: ConfigMap | Secret) => `${metadata?.name}@${metadata?.resourceVersion}`;
    return [...configMaps.map(version), '', ...secrets.map(version)].join(' ');
  }
}

const keyOf = ({ metadata }: ConfigMap | Secret): string => `${metadata?.namespace}/${metadata?.name}`;
