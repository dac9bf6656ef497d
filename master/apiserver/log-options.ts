import type { Pod } from '../../api/core/pod.ts';
import { badRequest, invalid } from '../../api/meta/errors.ts';
import { forbiddenField, invalidValue } from '../../api/meta/validation.ts';
import type { LogRequest } from '../../proto/messages.ts';
import { integer } from './query-options.ts';
import { isTrue } from './request.ts';

/** Which log, and how much of it (core/v1 PodLogOptions). Pure. */

type LogLimits = Pick<LogRequest, 'follow' | 'previous' | 'timestamps' | 'tailLines' | 'sinceMs' | 'limitBytes'>;

const NAME = { group: '', version: 'v1', kind: 'PodLogOptions', plural: 'podlogoptions' };

/** Throws 400 for what is not a number or a time and 422 for what is out of range. */
export function logLimits(query: URLSearchParams, nowMs: number): LogLimits {
  const tailLines = integer(query, 'tailLines');
  const limitBytes = integer(query, 'limitBytes');
  const sinceSeconds = integer(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime') || undefined;
  const faults = [
    ...(tailLines !== undefined && tailLines < 0
      ? [invalidValue('tailLines', tailLines, 'must be greater than or equal to 0')]
      : []),
    ...(limitBytes !== undefined && limitBytes < 1
      ? [invalidValue('limitBytes', limitBytes, 'must be greater than 0')]
      : []),
    ...(sinceSeconds !== undefined && sinceSeconds < 1
      ? [invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0')]
      : []),
    ...(sinceSeconds !== undefined && sinceTime !== undefined
      ? [forbiddenField('sinceSeconds', 'at most one of sinceTime or sinceSeconds may be given')]
      : []),
  ];
  if (faults.length > 0) throw invalid(NAME, '', faults);
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    tailLines,
    limitBytes,
    sinceMs: sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : timeParameter(sinceTime),
  };
}

function timeParameter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw badRequest(`query parameter sinceTime: "${text}" is not an RFC 3339 time`);
  return ms;
}

/** Names the container that is meant where none is named (Kubernetes docs, "Well-Known Labels, Annotations and Taints"). */
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The container that is meant. Throws 400 when it cannot be told or does not exist. */
export function chooseContainer(pod: Pod, asked: string | undefined): string {
  const podName = pod.metadata?.name ?? '';
  const containers = (pod.spec?.containers ?? []).map(({ name }) => name);
  const initContainers = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name);
  if (asked) {
    if ([...containers, ...initContainers, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const preferred = pod.metadata?.annotations?.[DEFAULT_CONTAINER];
  if (preferred && containers.includes(preferred)) return preferred;
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  const init = initContainers.length > 0 ? ` or one of the init containers: [${initContainers.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${containers.join(' ')}]${init}`,
  );
}

/** Throws 400 while the container has no log to show: it waits to start, or it has no run before this one. */
export function requireStarted(pod: Pod, container: string, previous: boolean): void {
  const podName = pod.metadata?.name ?? '';
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const status = all.find(({ name }) => name === container);
  const lastRun = status?.lastState?.terminated;
  if (previous) {
    if (lastRun) return;
    throw badRequest(`previous terminated container "${container}" in pod "${podName}" not found`);
  }
  if (status?.state?.running || status?.state?.terminated || lastRun) return;
  const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
  throw badRequest(`container "${container}" in pod "${podName}" is waiting to start: ${waitingWords(reason)}`);
}

function waitingWords(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}
