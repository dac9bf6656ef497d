import { quantityMilli, quantityValue } from '../api/meta/quantity.ts';
import { type ApiServer, apiServerVariables } from './api-server.ts';
import { expand } from './expansion.ts';
import { Missing } from './missing.ts';
import type { Container, Pod, Sources } from './pod-types.ts';
import { podKey, specOf } from './pod-types.ts';

/** What a pod may ask about itself and its place (Kubernetes, "Downward API"). */
export interface PodFacts {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly hostIp: string;
  /** Known once the sandbox runs. */
  readonly podIp: string | undefined;
  /** Where the pod finds the API server; absent where there is none. */
  readonly apiServer?: ApiServer;
  /** What it is told of services of the cell; later variables win over these. */
  readonly links?: () => ReadonlyMap<string, string>;
  /** Stand in for limits that a container does not set. */
  readonly allocatable: { readonly cpuMilli: number; readonly memoryBytes: number };
}

export type Environment =
  | { readonly ok: true; readonly variables: ReadonlyMap<string, string> }
  /** What is missing, for people; the container waits with CreateContainerConfigError. */
  | { readonly ok: false; readonly message: string };

/**
 * The environment of a container: where the API server is, `envFrom` in order, then `env` in order, later ones winning; `$(NAME)` in a value refers to
 * what stands before it (Kubernetes, "Define Dependent Environment Variables").
 */
export function environment(container: Container, facts: PodFacts, sources: Sources): Environment {
  const variables = new Map([...apiServerVariables(facts.apiServer), ...(facts.links?.() ?? [])]);
  try {
    for (const from of container.envFrom ?? []) addAll(variables, from, sources);
    for (const entry of container.env ?? []) {
      const value = entry.valueFrom
        ? resolve(entry.valueFrom, container, facts, sources)
        : expand(entry.value ?? '', variables);
      if (value !== undefined) variables.set(entry.name, value);
    }
    return { ok: true, variables };
  } catch (error) {
    if (error instanceof Missing) return { ok: false, message: error.message };
    throw error;
  }
}

type EnvFrom = NonNullable<Container['envFrom']>[number];
type EnvSource = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function addAll(variables: Map<string, string>, from: EnvFrom, sources: Sources): void {
  const { configMapRef, secretRef, prefix = '' } = from;
  if (configMapRef) {
    const found = sources.configMap(configMapRef.name ?? '');
    if (!found && !configMapRef.optional) throw new Missing(`configmap "${configMapRef.name}" not found`);
    for (const [key, value] of Object.entries(found?.data ?? {})) variables.set(prefix + key, value);
  }
  if (secretRef) {
    const found = sources.secret(secretRef.name ?? '');
    if (!found && !secretRef.optional) throw new Missing(`secret "${secretRef.name}" not found`);
    for (const [key, value] of Object.entries(found?.data ?? {})) variables.set(prefix + key, decoded(value));
  }
}

/** A Secret's value as text. */
export const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** The value a reference leads to; undefined where an optional one leads nowhere. */
function resolve(source: EnvSource, container: Container, facts: PodFacts, sources: Sources): string | undefined {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = source;
  if (configMapKeyRef) return keyOf('configmap', configMapKeyRef, sources.configMap(configMapKeyRef.name ?? '')?.data);
  if (secretKeyRef) {
    const value = keyOf('secret', secretKeyRef, sources.secret(secretKeyRef.name ?? '')?.data);
    return value === undefined ? undefined : decoded(value);
  }
  if (fieldRef) return fieldValue(fieldRef.fieldPath, facts);
  if (resourceFieldRef) return resourceValue(resourceFieldRef, container, facts);
  throw new Missing('an environment variable has a valueFrom of a kind this agent does not know');
}

interface KeyReference {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

function keyOf(kind: string, ref: KeyReference, data: Record<string, string> | undefined): string | undefined {
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional) return value;
  if (data === undefined) throw new Missing(`${kind} "${ref.name}" not found, or it has no data`);
  throw new Missing(`couldn't find key "${ref.key}" in ${kind} "${ref.name}": it has ${listed(Object.keys(data))}`);
}

const listed = (keys: readonly string[]): string => (keys.length > 0 ? keys.slice(0, 10).join(', ') : 'no keys');

/** A field of the pod by its path; also what downward API volumes hold. Throws on a path that is not offered. */
export function fieldValue(path: string, facts: PodFacts): string {
  const { pod, nodeName, hostIp, podIp } = facts;
  const { namespace, name, uid } = podKey(pod);
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (entry?.[1] && entry[2]) return pod.metadata?.[entry[1] as 'labels' | 'annotations']?.[entry[2]] ?? '';
  const values: Record<string, string | undefined> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'metadata.uid': uid,
    'metadata.labels': keyValueLines(pod.metadata?.labels),
    'metadata.annotations': keyValueLines(pod.metadata?.annotations),
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': specOf(pod).serviceAccountName ?? 'default',
    'status.hostIP': hostIp,
    'status.hostIPs': hostIp,
    'status.podIP': podIp ?? '',
    'status.podIPs': podIp ?? '',
  };
  const value = values[path];
  if (value === undefined)
    throw new Missing(`the field "${path}" is not offered: use one of ${Object.keys(values).join(', ')}`);
  return value;
}

/** As downward API files hold labels: one `key="value"` a line, sorted. */
function keyValueLines(map: Record<string, string> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

interface ResourceReference {
  readonly resource: string;
  readonly containerName?: string;
  readonly divisor?: string;
}

/** A request or limit of a container, divided and rounded up (Kubernetes, "resourceFieldRef"). */
export function resourceValue(ref: ResourceReference, container: Container, facts: PodFacts): string {
  const spec = specOf(facts.pod);
  const named = [...(spec.initContainers ?? []), ...spec.containers].find((one) => one.name === ref.containerName);
  const { resources } = named ?? container;
  const [kind, ...rest] = ref.resource.split('.');
  const name = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || !name) {
    throw new Missing(`the resource "${ref.resource}" is not offered: use limits.NAME or requests.NAME`);
  }
  const limit = resources?.limits?.[name];
  const quantity = kind === 'limits' ? limit : (resources?.requests?.[name] ?? limit);
  const divisor = ref.divisor && ref.divisor !== '0' ? ref.divisor : '1';
  if (name === 'cpu') {
    const milli = quantity ? quantityMilli(quantity) : kind === 'limits' ? facts.allocatable.cpuMilli : 0;
    return String(Math.ceil(milli / quantityMilli(divisor)));
  }
  const fallback = name === 'memory' && kind === 'limits' ? facts.allocatable.memoryBytes : 0;
  return String(Math.ceil((quantity ? quantityValue(quantity) : fallback) / quantityValue(divisor)));
}
