import type Docker from 'dockerode';
import type { ContainerEvent, ContainerInfo, ContainerLimits } from '../runtime.ts';

/** Docker's way of saying "never": year 1. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Docker's inspection of a container in the seam's terms. */
export function containerInfo(found: Docker.ContainerInspectInfo): ContainerInfo {
  const { State: state, Config: config } = found;
  const running = state.Running || state.Paused || state.Restarting;
  // A container that could not be started stays "created" with an exit code and an error: it has had its chance.
  const failedToStart = state.Status === 'created' && (state.ExitCode !== 0 || Boolean(state.Error));
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    labels: config.Labels ?? {},
    image: config.Image,
    imageId: found.Image,
    state: running ? 'running' : state.Status === 'created' && !failedToStart ? 'created' : 'exited',
    paused: state.Paused || undefined,
    createdAtMs: Date.parse(found.Created),
    startedAtMs: timeOf(state.StartedAt),
    finishedAtMs: running
      ? undefined
      : (timeOf(state.FinishedAt) ?? (failedToStart ? Date.parse(found.Created) : undefined)),
    exitCode: running ? undefined : state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error || undefined,
    pid: running ? state.Pid : undefined,
    ip: addressOf(found),
    limits: limitsOf(found),
  };
}

/** As `containerConfig` sets them; the engine has 0 for what was not set. */
function limitsOf({ HostConfig: host }: Docker.ContainerInspectInfo): ContainerLimits {
  return {
    cpuShares: host.CpuShares || 2,
    cpuQuotaUs: Math.max(0, host.CpuQuota ?? 0),
    memoryBytes: Math.max(0, host.Memory ?? 0),
  };
}

const timeOf = (text: string | undefined): number | undefined =>
  text === undefined || text === ZERO_TIME || text === '' ? undefined : Date.parse(text);

function addressOf(found: Docker.ContainerInspectInfo): string | undefined {
  for (const network of Object.values(found.NetworkSettings?.Networks ?? {})) {
    if (network.IPAddress) return network.IPAddress;
  }
  return undefined;
}

const EVENT_TYPES = {
  create: 'created',
  start: 'started',
  pause: 'paused',
  unpause: 'resumed',
  die: 'died',
  oom: 'oom',
  destroy: 'removed',
} as const;

/** Docker's names for the events of which the seam speaks. */
export const EVENT_ACTIONS: readonly string[] = Object.keys(EVENT_TYPES);

interface DockerEvent {
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
  timeNano?: number;
}

/** One line of Docker's event stream, or undefined for what the seam does not speak of. */
export function containerEvent(value: unknown): ContainerEvent | undefined {
  const { Action: action, Actor: actor, timeNano } = value as DockerEvent;
  const type = EVENT_TYPES[action as keyof typeof EVENT_TYPES];
  if (!type || !actor?.ID) return undefined;
  const { name = '', image = '', exitCode, ...labels } = actor.Attributes ?? {};
  return {
    type,
    id: actor.ID,
    name,
    image,
    labels,
    atMs: Math.floor((timeNano ?? 0) / 1e6),
    ...(exitCode !== undefined && { exitCode: Number(exitCode) }),
  };
}
