import { podRequests } from '../../api/core/pod-resources.ts';
import { unitsOf } from '../../api/core/resource-units.ts';
import { type Pod, specOf } from '../pod-types.ts';

/** What a pod as a whole may use. */
export interface PodLimits {
  /** cgroup v1 shares, >= 2. */
  readonly cpuShares: number;
  /** Microseconds of CPU per 100 ms; 0 is no limit. */
  readonly cpuQuotaUs: number;
  /** 0 is no limit. */
  readonly memoryBytes: number;
  /** 0 is no limit. */
  readonly pids: number;
  /** Bytes by the kernel's name of the page size (`2MB`): without a limit of its own a pod has none of them. */
  readonly hugePages: Readonly<Record<string, number>>;
}

const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const QUOTA_US_PER_MILLI = 100;
const MIN_QUOTA_US = 1_000;

/**
 * The shares of all it asks for; ceilings where the pod itself has them (Kubernetes, "Pod-level resource specification"): those of its
 * containers are enforced on each of them.
 */
export function podLimits(pod: Pod, podMaxPids: number, pageSizes: readonly string[]): PodLimits {
  const { cpu: request } = podRequests(pod);
  const { cpu, memory } = specOf(pod).resources?.limits ?? {};
  return {
    cpuShares: sharesOf(request ? unitsOf('cpu', request) : 0),
    cpuQuotaUs: cpu ? Math.max(MIN_QUOTA_US, unitsOf('cpu', cpu) * QUOTA_US_PER_MILLI) : 0,
    memoryBytes: memory ? unitsOf('memory', memory) : 0,
    pids: podMaxPids,
    hugePages: Object.fromEntries(pageSizes.map((size) => [kernelSize(size), hugePagesOf(pod, size)])),
  };
}

/** Thousandths of a core as shares. */
export const sharesOf = (milli: number): number =>
  Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000)));

/** Huge pages cannot be overcommitted: requests are limits. */
function hugePagesOf(pod: Pod, size: string): number {
  const asked = podRequests(pod)[size];
  return asked ? unitsOf(size, asked) : 0;
}

/** `hugepages-2Mi` is `2MB` to the kernel. */
const kernelSize = (resource: string): string => resource.replace('hugepages-', '').replace(/i$/, 'B');
