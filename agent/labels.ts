import { type ObservedContainer, type Role, SANDBOX_NAME } from './plan/state.ts';
import type { Pod } from './pod-types.ts';
import { podKey } from './pod-types.ts';
import type { ContainerInfo, Labels } from './runtime.ts';

/**
 * Labels of every container the agent makes: enough to know, from the engine alone, whose it is and which attempt. Those of
 * `io.kubernetes` are the names that tools for Kubernetes on Docker already know.
 */
const CELL = 'stowage.dev/cell';
const NODE = 'stowage.dev/node';
const ROLE = 'stowage.dev/role';
const CRASHES = 'stowage.dev/crashes';
const SANDBOX_ID = 'stowage.dev/sandbox-id';
const SANDBOX_ATTEMPT = 'stowage.dev/sandbox-attempt';
const SPEC_HASH = 'stowage.dev/spec-hash';
const POD_NAME = 'io.kubernetes.pod.name';
const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
const POD_UID = 'io.kubernetes.pod.uid';
const CONTAINER_NAME = 'io.kubernetes.container.name';
const RESTART_COUNT = 'io.kubernetes.container.restartCount';

export interface Owner {
  readonly cellId: string;
  readonly nodeName: string;
}

/** Labels that all containers of one agent have in common. */
export const ownerLabels = ({ cellId, nodeName }: Owner): Labels => ({ [CELL]: cellId, [NODE]: nodeName });

/** Labels of what belongs to the cell but to no one node's agent: its network. */
export const cellLabels = (cellId: string): Labels => ({ [CELL]: cellId });

/** Labels of what belongs to one pod but is no container: its volumes. */
export function podLabels(owner: Owner, pod: Pod): Labels {
  const { namespace, name, uid } = podKey(pod);
  return { ...ownerLabels(owner), [POD_NAME]: name, [POD_NAMESPACE]: namespace, [POD_UID]: uid };
}

/** The pod that a volume's labels speak of. */
export const podUidOf = (labels: Labels): string | undefined => labels[POD_UID];

export interface Attempt {
  readonly role: Role;
  readonly container: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly sandboxId: string;
  readonly sandboxAttempt: number;
  readonly specHash: string;
}

export function containerLabels(owner: Owner, pod: Pod, attempt: Attempt): Labels {
  return {
    ...podLabels(owner, pod),
    [CONTAINER_NAME]: attempt.container,
    [RESTART_COUNT]: String(attempt.attempt),
    [ROLE]: attempt.role,
    [CRASHES]: String(attempt.crashes),
    [SANDBOX_ID]: attempt.sandboxId,
    [SANDBOX_ATTEMPT]: String(attempt.sandboxAttempt),
    [SPEC_HASH]: attempt.specHash,
  };
}

/** Longest part of a container's name that is taken from a name of the API; Docker itself sets no limit, file systems do. */
const NAME_PART = 63;

/** Unique on a machine, and the same for two tries at the same attempt: the engine then refuses the second. */
export function containerName(pod: Pod, container: string, attempt: number): string {
  const { namespace, name, uid } = podKey(pod);
  const part = (text: string) => text.slice(0, NAME_PART);
  return `stowage_${part(container)}_${part(name)}_${part(namespace)}_${uid.slice(0, 8)}_${attempt}`;
}

/** The pod a container's labels speak of, and what they say of the container; undefined for a stranger's container. */
export function readLabels(
  labels: Labels,
): { namespace: string; name: string; uid: string; attempt: Attempt } | undefined {
  const uid = labels[POD_UID];
  const role = labels[ROLE];
  if (!uid || (role !== 'sandbox' && role !== 'init' && role !== 'app' && role !== 'ephemeral')) return undefined;
  const count = (label: string) => Number.parseInt(labels[label] ?? '0', 10) || 0;
  return {
    namespace: labels[POD_NAMESPACE] ?? '',
    name: labels[POD_NAME] ?? '',
    uid,
    attempt: {
      role,
      container: labels[CONTAINER_NAME] ?? SANDBOX_NAME,
      attempt: count(RESTART_COUNT),
      crashes: count(CRASHES),
      sandboxId: labels[SANDBOX_ID] ?? '',
      sandboxAttempt: count(SANDBOX_ATTEMPT),
      specHash: labels[SPEC_HASH] ?? '',
    },
  };
}

/** A container of the engine as the planner sees it; undefined for a stranger's container. */
export function observedContainer(info: ContainerInfo): ObservedContainer | undefined {
  const read = readLabels(info.labels);
  if (!read) return undefined;
  const { container: name, ...rest } = read.attempt;
  const {
    id,
    image,
    imageId,
    state,
    paused,
    createdAtMs,
    startedAtMs,
    finishedAtMs,
    exitCode,
    oomKilled,
    error,
    pid,
    ip,
    limits,
  } = info;
  const planned = { ...rest, id, name };
  return {
    ...planned,
    image,
    imageId,
    state,
    paused,
    createdAtMs,
    startedAtMs,
    finishedAtMs,
    exitCode,
    oomKilled,
    error,
    pid,
    ip,
    limits,
  };
}
