import { nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { type Service, services } from '../../../api/core/service.ts';
import { ApiError, badRequest, notFound } from '../../../api/meta/errors.ts';
import type { PodRef } from '../../../proto/messages.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { placedPod } from './pod.ts';

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly nodeName: string;
  /** Absent: the node itself. */
  readonly pod?: PodRef;
  readonly port: number;
}

/** 503 that asks for no second try: clients would repeat a request whose failure is an answer too. */
export const unreachable = (message: string, cause?: unknown): ApiError =>
  new ApiError(503, 'ServiceUnavailable', message, {}, cause);

interface Named {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** A number or a name; empty where none was given. */
  readonly port: string;
}

/** `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT` (Kubernetes docs, "Access Services Running on Clusters"). */
export function readProxyName(text: string): Named {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', parts[0], parts[1] ?? ''];
  const known = scheme === '' || scheme === 'http' || scheme === 'https';
  if (parts.length > 3 || !name || !known) {
    throw badRequest(`"${text}" names nothing to pass a request on to: write NAME, NAME:PORT or SCHEME:NAME:PORT`);
  }
  return { scheme: scheme || 'http', name, port: port ?? '' } as Named;
}

/** Finds the pod or node behind the name. Throws 404, 400, and 503 while nobody could answer. */
export async function proxyTarget(context: ApiContext, call: ResourceCall): Promise<ProxyTarget> {
  const named = readProxyName(call.target.name ?? '');
  switch (call.resource.plural) {
    case 'pods':
      return podTarget(context, call, named);
    case 'services':
      return serviceTarget(context, call, named);
    default:
      return nodeTarget(context, named);
  }
}

async function podTarget(context: ApiContext, call: ResourceCall, { scheme, name, port }: Named): Promise<ProxyTarget> {
  const { pod, ref, nodeName } = await placedPod(context, call, name);
  const number = port ? portOf(pod, port) : pod.spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  if (number === undefined) {
    const why = port ? `has no port "${port}"` : 'declares no port';
    throw badRequest(`pod ${name} ${why}: name one by number, as in ${name}:8080`);
  }
  return { scheme, nodeName, pod: ref, port: number };
}

/** A port by number, or by the name that a container gives it. */
function portOf(pod: Pod, port: string | number): number | undefined {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const declared = pod.spec?.containers.flatMap(({ ports = [] }) => ports) ?? [];
  return declared.find(({ name }) => name === port)?.containerPort;
}

/** Any of the ready pods that a service selects. */
async function serviceTarget(context: ApiContext, call: ResourceCall, named: Named): Promise<ProxyTarget> {
  const { namespace = '' } = call.target;
  await freshen(context, undefined);
  const service = context.cache.get(services, namespace, named.name);
  if (!service) throw notFound(services, named.name);
  const port = servicePort(service, named.port);
  if (!port) throw unreachable(`no service port "${named.port}" found for service "${named.name}"`);
  const behind = context.cache.list(pods, namespace).filter((pod) => isBehind(service, pod));
  const pod = behind[context.rng.int(Math.max(1, behind.length))];
  const number = pod && portOf(pod, port.targetPort ?? port.port);
  const nodeName = pod?.spec?.nodeName;
  if (!pod || !nodeName || number === undefined)
    throw unreachable(`no endpoints available for service "${named.name}"`);
  const ref = { namespace, name: pod.metadata?.name ?? '', uid: pod.metadata?.uid ?? '' };
  return { scheme: named.scheme, nodeName, pod: ref, port: number };
}

function servicePort(service: Service, wanted: string) {
  const ports = service.spec?.ports ?? [];
  if (wanted === '') return ports.length === 1 ? ports[0] : undefined;
  return ports.find(({ name, port }) => name === wanted || String(port) === wanted);
}

function isBehind({ spec }: Service, pod: Pod): boolean {
  const selector = Object.entries(spec?.selector ?? {});
  const labels = pod.metadata?.labels ?? {};
  const selected = selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return selected && Boolean(ready) && !pod.metadata?.deletionTimestamp;
}

/** A port of the node's own loopback. */
async function nodeTarget(context: ApiContext, { scheme, name, port }: Named): Promise<ProxyTarget> {
  await freshen(context, undefined);
  const node = context.cache.get(nodes, undefined, name);
  if (!node) throw notFound(nodes, name);
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    const why = 'an agent has no HTTP interface behind the API; name a port of the node by number';
    throw new ApiError(400, 'BadRequest', `node ${name}: ${why}, as in ${name}:9100`);
  }
  return { scheme, nodeName: name, port: number };
}
