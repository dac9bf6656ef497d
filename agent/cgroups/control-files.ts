import type { PodLimits } from './pod-limits.ts';

/** One value for one file of a cgroup. In version 1, each controller has directories of its own. */
export interface Setting {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

const PERIOD_US = 100_000;

/**
 * Limits in the kernel's terms (its docs, "cgroup-v1" and "Control Group v2"). What is not limited needs no file: no limit of a pod as a
 * whole is ever taken back.
 */
export function controlFiles(version: 1 | 2, limits: PodLimits): Setting[] {
  return version === 1 ? inVersion1(limits) : inVersion2(limits);
}

function inVersion1({ cpuShares, cpuQuotaUs, memoryBytes, pids, hugePages }: PodLimits): Setting[] {
  return [
    ...sharesFile(1, cpuShares),
    ...limited('cpu', 'cpu.cfs_period_us', cpuQuotaUs, PERIOD_US),
    ...limited('cpu', 'cpu.cfs_quota_us', cpuQuotaUs),
    ...limited('memory', 'memory.limit_in_bytes', memoryBytes),
    ...limited('pids', 'pids.max', pids),
    ...Object.entries(hugePages).map(([size, bytes]) => ({
      ...{ controller: 'hugetlb', file: `hugetlb.${size}.limit_in_bytes`, value: String(bytes) },
    })),
  ];
}

function inVersion2({ cpuShares, cpuQuotaUs, memoryBytes, pids, hugePages }: PodLimits): Setting[] {
  return [
    ...sharesFile(2, cpuShares),
    ...limited('cpu', 'cpu.max', cpuQuotaUs, `${cpuQuotaUs} ${PERIOD_US}`),
    ...limited('memory', 'memory.max', memoryBytes),
    ...limited('pids', 'pids.max', pids),
    ...Object.entries(hugePages).map(([size, bytes]) => ({
      ...{ controller: 'hugetlb', file: `hugetlb.${size}.max`, value: String(bytes) },
    })),
  ];
}

/** A file for a limit, where there is one. */
const limited = (controller: string, file: string, limit: number, value: string | number = limit): Setting[] =>
  limit > 0 ? [{ controller, file, value: String(value) }] : [];

/** How much CPU it gets beside others when there is not enough. */
export function sharesFile(version: 1 | 2, shares: number): [Setting] {
  if (version === 1) return [{ controller: 'cpu', file: 'cpu.shares', value: String(shares) }];
  return [{ controller: 'cpu', file: 'cpu.weight', value: String(weightOf(shares)) }];
}

/** Shares from 2 to 262,144 as weights from 1 to 10,000, as engines turn them. */
const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262_142);
