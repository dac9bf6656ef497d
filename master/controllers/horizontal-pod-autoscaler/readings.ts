import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { quantityMilli } from '../../../api/meta/quantity.ts';
import type { UsageReader } from '../../agents/usage.ts';
import { isFinished, isReady, isTerminating, parseTimeMs, readySinceMs } from '../pods/pod-state.ts';

/** What is known of the pods of a target, all values in thousandths of their unit (millicores; thousandths of a byte). */
export interface Readings {
  /** Value of each pod that counts, by name. */
  readonly values: ReadonlyMap<string, number>;
  /** What each of all pods requests of the resource, by name; undefined where the metric is no resource. */
  readonly requests?: ReadonlyMap<string, number>;
  /** Pods that run and of which nothing is known. */
  readonly missing: readonly string[];
  /** Pods that are not ready yet: what they use says nothing about what they will. */
  readonly unready: readonly string[];
}

/** What a resource is asked of: all containers of each pod, or one of them. */
export interface ResourceAsked {
  readonly resource: string;
  readonly container?: string;
}

/** While a pod starts, its CPU counts only when it is ready (Kubernetes docs, "Horizontal Pod Autoscaling", "Algorithm details"). */
const CPU_INITIALIZATION_MS = 5 * 60_000;
const INITIAL_READINESS_MS = 30_000;

/** Readings of a resource, or why there can be none: a container that requests nothing has no utilization. */
export function resourceReadings(
  asked: ResourceAsked,
  pods: readonly Pod[],
  usage: UsageReader,
  needsRequests: boolean,
  nowMs: number,
): Readings | string {
  const values = new Map<string, number>();
  const requests = new Map<string, number>();
  const [missing, unready]: [string[], string[]] = [[], []];
  for (const pod of pods) {
    const name = metaOf(pod).name ?? '';
    if (isFinished(pod) || isTerminating(pod)) continue;
    const request = requestOf(pod, asked);
    if (needsRequests && request === undefined) {
      const where = asked.container ? `container ${asked.container}` : 'a container';
      return `missing request for ${asked.resource} in ${where} of Pod ${name}`;
    }
    requests.set(name, request ?? 0);
    const value = usageOf(pod, asked, usage);
    if (isStarting(pod, asked.resource, nowMs)) unready.push(name);
    else if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  return { values, requests, missing, unready };
}

function containersOf(pod: Pod, { container }: ResourceAsked) {
  const all = pod.spec?.containers ?? [];
  return container ? all.filter(({ name }) => name === container) : all;
}

/** Undefined when one of the containers requests nothing. */
function requestOf(pod: Pod, asked: ResourceAsked): number | undefined {
  let sum = 0;
  for (const { resources } of containersOf(pod, asked)) {
    const request = resources?.requests?.[asked.resource];
    if (request === undefined) return undefined;
    sum += quantityMilli(request);
  }
  return sum;
}

function usageOf(pod: Pod, asked: ResourceAsked, usage: UsageReader): number | undefined {
  const reading = usage.ofPod(pod.spec?.nodeName ?? '', metaOf(pod).uid ?? '');
  if (!reading) return undefined;
  let sum = 0;
  for (const { name } of containersOf(pod, asked)) {
    const measured = reading.containers.find((container) => container.name === name)?.usage;
    if (!measured) return undefined;
    sum += asked.resource === 'cpu' ? measured.cpuNanocores / 1e6 : measured.memoryBytes * 1_000;
  }
  return sum;
}

function isStarting(pod: Pod, resource: string, nowMs: number): boolean {
  if (pod.status?.phase === 'Pending') return true;
  if (resource !== 'cpu') return false;
  const startedMs = parseTimeMs(pod.status?.startTime);
  if (startedMs + CPU_INITIALIZATION_MS > nowMs) return !isReady(pod);
  // It has never been ready since its first moments.
  return !isReady(pod) && (readySinceMs(pod) ?? startedMs) <= startedMs + INITIAL_READINESS_MS;
}
