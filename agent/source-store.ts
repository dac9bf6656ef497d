import { createHash } from 'node:crypto';
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Sources, Volume } from './pod-types.ts';
import { podKey, specOf } from './pod-types.ts';
import { claimNameOf } from './volumes/claimed.ts';

/** What a pod refers to, by name. */
export interface References {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

/** Names of the objects that a pod's environment, volumes and image pulls refer to. */
export function references(pod: Pod): References {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const claims = new Set<string>();
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
  for (const { name } of spec.imagePullSecrets ?? []) add(secrets, name);
  for (const volume of spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    add(claims, claimNameOf(volume, pod));
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  return { configMaps, secrets, claims };
}

/** Plurals of the kinds that are kept. */
const KINDS = ['configmaps', 'secrets', 'persistentvolumeclaims', 'persistentvolumes'] as const;
type Kind = (typeof KINDS)[number];
type Source = ConfigMap | Secret | PersistentVolumeClaim | PersistentVolume;

/** All that a pod refers to and that is there. */
export interface SourceObjects {
  readonly configMaps: readonly ConfigMap[];
  readonly secrets: readonly Secret[];
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly persistentVolumes?: readonly PersistentVolume[];
}

/** What the master has sent beside pods: what they refer to. Owns the only copy. */
export class SourceStore {
  private readonly objects: Readonly<Record<Kind, Map<string, Source>>> = {
    configmaps: new Map(),
    secrets: new Map(),
    persistentvolumeclaims: new Map(),
    persistentvolumes: new Map(),
  };

  /** Of other kinds nothing is kept. */
  put(plural: string, object: Source): void {
    const { namespace = '', name = '' } = object.metadata ?? {};
    if (isKind(plural)) this.objects[plural].set(`${namespace}/${name}`, object);
  }

  remove(plural: string, namespace: string, name: string): void {
    if (isKind(plural)) this.objects[plural].delete(`${namespace}/${name}`);
  }

  putAll({ configMaps, secrets, claims = [], persistentVolumes = [] }: SourceObjects): void {
    for (const object of configMaps) this.put('configmaps', object);
    for (const object of secrets) this.put('secrets', object);
    for (const object of claims) this.put('persistentvolumeclaims', object);
    for (const object of persistentVolumes) this.put('persistentvolumes', object);
  }

  clear(): void {
    for (const kind of KINDS) this.objects[kind].clear();
  }

  of(namespace: string): Sources {
    const found = <T extends Source>(kind: Kind, space: string, name: string) =>
      this.objects[kind].get(`${space}/${name}`) as T | undefined;
    return {
      configMap: (name) => found<ConfigMap>('configmaps', namespace, name),
      secret: (name) => found<Secret>('secrets', namespace, name),
      claim: (name) => found<PersistentVolumeClaim>('persistentvolumeclaims', namespace, name),
      persistentVolume: (name) => found<PersistentVolume>('persistentvolumes', '', name),
    };
  }

  objectsOf(pod: Pod): Required<SourceObjects> {
    const sources = this.of(podKey(pod).namespace);
    const names = references(pod);
    const claims = [...names.claims].flatMap((name) => sources.claim?.(name) ?? []);
    return {
      configMaps: [...names.configMaps].flatMap((name) => sources.configMap(name) ?? []),
      secrets: [...names.secrets].flatMap((name) => sources.secret(name) ?? []),
      claims,
      persistentVolumes: claims.flatMap(({ spec }) => sources.persistentVolume?.(spec?.volumeName ?? '') ?? []),
    };
  }

  /** Text that changes whenever something does that the pod's volumes, environment or pulls show or use. */
  versionFor(pod: Pod): string {
    const { configMaps, secrets, claims, persistentVolumes } = this.objectsOf(pod);
    const version = ({ metadata }: Source) => `${metadata?.name}@${metadata?.resourceVersion}`;
    // Of a binding, only with whom: the rest of both objects changes often, and means nothing to a pod.
    const bound = ({ metadata, spec, status }: PersistentVolumeClaim) =>
      `${metadata?.uid}=${spec?.volumeName ?? ''}:${status?.phase ?? ''}`;
    const bonds = [...claims.map(bound), ...persistentVolumes.map(({ metadata }) => `${metadata?.uid}`)];
    return [...configMaps.map(version), '', ...secrets.map(version), ...bonds, ...shownFacts(pod)].join(' ');
  }
}

const isKind = (plural: string): plural is Kind => (KINDS as readonly string[]).includes(plural);

/** A digest of what the pod's volumes show of the pod itself and can change while it runs; nothing where they show none of it. */
function shownFacts(pod: Pod): string[] {
  const spec = specOf(pod);
  const items = (spec.volumes ?? []).flatMap(itemsOf);
  if (items.length === 0) return [];
  const { labels, annotations } = pod.metadata ?? {};
  const resources = items.some(({ resourceFieldRef }) => resourceFieldRef)
    ? [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.resources)
    : [];
  const text = JSON.stringify([labels, annotations, resources]);
  return [createHash('sha256').update(text).digest('hex').slice(0, 16)];
}

function itemsOf({ downwardAPI, projected }: Volume) {
  return [downwardAPI, ...(projected?.sources ?? []).map((source) => source.downwardAPI)].flatMap(
    (shown) => shown?.items ?? [],
  );
}
