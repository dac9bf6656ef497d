import type { Lease } from '../../api/coordination/lease.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Placement } from '../../api/stowage/placement.ts';
import type { ApiClient } from '../../client/client.ts';
import { alignColumns, DESCRIPTION_STYLE } from '../columns.ts';
import { type ApiResource, pathOf } from '../discovery.ts';
import { CommandFailure, refusedWith, ServerRefusal } from '../failure.ts';
import { raise } from '../get/attempts.ts';
import { type PlacedTarget, placeTargets } from '../get/plan.ts';
import type { FileFlags } from '../manifests.ts';
import type { CommonFlags, Session } from '../session.ts';
import { isExplained, placementOf } from '../why.ts';
import { type EventObject, eventRows } from './events.ts';
import { describeAny, describeConfigMap, describeSecret } from './generic.ts';
import { type Bounds, describeNamespace } from './namespace.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import type { Row } from './rows.ts';
import { describePriorityClass, describeServiceAccount } from './simple.ts';
import { describeDeployment, describeJob, describeReplicaSet } from './workloads.ts';

export interface DescribeFlags extends CommonFlags, FileFlags {
  selector?: string;
  showEvents?: boolean;
}

/** What a describer may look at beyond the object. */
export interface Surroundings {
  readonly nowMs: number;
  /** Pods bound to a node that have not ended. */
  readonly pods: readonly Pod[];
  /** A node's sign of life. */
  readonly lease?: Lease;
  /** Objects that this one controls. */
  readonly owned: readonly ApiObject[];
  /** What the scheduler says of a pod without a node, where it says something. */
  readonly placement?: Placement;
  /** What bounds the use of a namespace. */
  readonly bounds?: Bounds;
}

export type Describer<T extends ApiObject> = (object: T, surroundings: Surroundings) => Row[];

/** By plural and group. A kind that is not here is described by its fields. */
const DESCRIBERS: Readonly<Record<string, Describer<never>>> = {
  'pods.': describePod,
  'nodes.': describeNode,
  'namespaces.': describeNamespace,
  'secrets.': describeSecret,
  'serviceaccounts.': describeServiceAccount,
  'priorityclasses.scheduling.k8s.io': describePriorityClass,
  'configmaps.': describeConfigMap,
  'deployments.apps': describeDeployment,
  'replicasets.apps': describeReplicaSet,
  'jobs.batch': describeJob,
};

/** Kinds whose description ends without events: nothing ever happens to them. */
const EVENTLESS = new Set(['secrets.', 'namespaces.']);

/** Which kind a kind controls, where the description shows it. */
const OWNED: Readonly<Record<string, string>> = { 'deployments.apps': 'replicasets', 'replicasets.apps': 'pods' };

/** `stowctl describe`. */
export async function describe(session: Session, words: readonly string[], flags: DescribeFlags): Promise<void> {
  const failures: CommandFailure[] = [];
  let printed = 0;
  for (const target of await placeTargets(session, words, flags)) {
    try {
      const { objects, alike } = await objectsOf(session, target, flags);
      for (const object of objects) {
        if (printed++ > 0 && !alike) session.terminal.out('\n\n');
        session.terminal.out(await descriptionOf(session, target.resource, object, flags.showEvents !== false));
        // kubectl ends each of those it found by the start of their names with an empty line.
        if (alike) session.terminal.out('\n');
      }
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failures.push(error);
    }
  }
  if (printed === 0 && failures.length === 0) {
    const where = flags.allNamespaces ? '' : ` in ${session.namespace} namespace`;
    session.terminal.err(`No resources found${where}.\n`);
  }
  raise(session, failures);
}

interface Found {
  readonly objects: readonly ApiObject[];
  /** Found by the start of their names. */
  readonly alike: boolean;
}

/** The named object; or those that a selector finds; or, as in kubectl, those whose names start so. */
async function objectsOf(session: Session, target: PlacedTarget, flags: DescribeFlags): Promise<Found> {
  const { client, signal } = session;
  const { resource, namespace, name } = target;
  const list = async () => {
    const query = { labelSelector: flags.selector, limit: '500' };
    const answer = await client.get<{ items?: ApiObject[] }>(pathOf(resource, namespace), { query, signal });
    return answer.items ?? [];
  };
  if (name === undefined) return { objects: await list(), alike: false };
  try {
    return { objects: [await client.get<ApiObject>(pathOf(resource, namespace, name), { signal })], alike: false };
  } catch (error) {
    const alike = refusedWith(error, 404) ? (await list()).filter((each) => each.metadata?.name?.startsWith(name)) : [];
    if (alike.length > 0) return { objects: alike, alike: true };
    throw error;
  }
}

async function descriptionOf(
  session: Session,
  resource: ApiResource,
  object: ApiObject,
  showEvents: boolean,
): Promise<string> {
  const key = `${resource.plural}.${resource.group}`;
  const describer = DESCRIBERS[key] as Describer<ApiObject> | undefined;
  const nowMs = session.clock.now();
  const surroundings = {
    nowMs,
    pods: await podsOn(session, resource, object),
    lease: await leaseOf(session, resource, object),
    owned: await ownedBy(session, key, object),
    placement: await placementOfPending(session, resource, object),
    bounds: await boundsOf(session, key, object),
  };
  const typed = {
    apiVersion: resource.group ? `${resource.group}/${resource.version}` : resource.version,
    kind: resource.kind,
    ...object,
  };
  const rows = describer?.(object, surroundings) ?? describeAny(typed, resource.namespaced);
  const events =
    showEvents && !EVENTLESS.has(key) ? eventRows(await eventsOf(session.client, object, resource.kind), nowMs) : [];
  return `${alignColumns([...rows, ...events], DESCRIPTION_STYLE).join('\n')}\n`;
}

async function podsOn({ client, signal }: Session, resource: ApiResource, object: ApiObject): Promise<Pod[]> {
  if (resource.plural !== 'nodes') return [];
  const fieldSelector = `spec.nodeName=${object.metadata?.name},status.phase!=Succeeded,status.phase!=Failed`;
  const list = await client.get<{ items?: Pod[] }>('/api/v1/pods', { query: { fieldSelector }, signal });
  return list.items ?? [];
}

async function leaseOf(
  { client, signal }: Session,
  resource: ApiResource,
  object: ApiObject,
): Promise<Lease | undefined> {
  if (resource.plural !== 'nodes') return undefined;
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${object.metadata?.name}`;
  return client.get<Lease>(path, { signal }).catch((error: unknown) => {
    if (refusedWith(error, 404)) return undefined;
    throw error;
  });
}

/** Whatever is in the way of an answer is no reason to describe nothing. */
async function placementOfPending(
  session: Session,
  resource: ApiResource,
  object: ApiObject,
): Promise<Placement | undefined> {
  const { metadata, spec, status }: Pod = object;
  if (!isExplained(resource) || spec?.nodeName || status?.phase !== 'Pending') return undefined;
  return placementOf(session, resource, metadata?.namespace, metadata?.name).catch((error: unknown) => {
    if (error instanceof ServerRefusal) return undefined;
    throw error;
  });
}

async function boundsOf({ client, signal }: Session, key: string, object: ApiObject): Promise<Bounds | undefined> {
  if (key !== 'namespaces.') return undefined;
  const all = async <T extends ApiObject>(plural: string): Promise<T[] | undefined> => {
    const path = `/api/v1/namespaces/${encodeURIComponent(object.metadata?.name ?? '')}/${plural}`;
    const list = await client
      .get<{ items?: T[] }>(path, { query: { limit: '500' }, signal })
      .catch((error: unknown) => {
        if (refusedWith(error, 404)) return undefined;
        throw error;
      });
    return list && (list.items ?? []);
  };
  return { quotas: await all('resourcequotas'), limits: await all('limitranges') };
}

async function ownedBy(session: Session, key: string, object: ApiObject): Promise<ApiObject[]> {
  const plural = OWNED[key];
  const resource = plural && (await session.resources()).find((each) => each.plural === plural);
  if (!resource) return [];
  const labels = (object as { spec?: { selector?: { matchLabels?: Record<string, string> } } }).spec?.selector
    ?.matchLabels;
  const labelSelector = Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const query = { labelSelector: labelSelector.join(',') };
  const path = pathOf(resource, object.metadata?.namespace);
  const list = await session.client.get<{ items?: ApiObject[] }>(path, { query, signal: session.signal });
  const uid = object.metadata?.uid;
  return (list.items ?? []).filter((each) => each.metadata?.ownerReferences?.some((owner) => owner.uid === uid));
}

async function eventsOf(client: ApiClient, object: ApiObject, kind: string): Promise<EventObject[]> {
  const { name, namespace, uid } = object.metadata ?? {};
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name},involvedObject.uid=${uid}`;
  const path = namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/events` : '/api/v1/events';
  const list = await client.get<{ items?: EventObject[] }>(path, { query: { fieldSelector, limit: '500' } });
  return list.items ?? [];
}
