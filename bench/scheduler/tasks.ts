import { median, quantile } from '../report.ts';
import { footprint } from './footprint.ts';
import { type Measurement, measure } from './in-process.ts';
import { cellOf, manyShapes } from './sizes.ts';
import { scaled, type Workload } from './workload.ts';
import { workloads } from './workloads.ts';

/** What several runs of a workload came to. */
export interface Summary {
  readonly podsPerSecond: number;
  readonly podsPerCpuSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** With everything placed, and the objects themselves. */
  readonly heapMegabytes: number;
  readonly residentMegabytes: number;
}

/** A run that takes longer is not repeated. */
const LONG_MS = 30_000;

/** What a process of its own can be asked to do; arguments and answers are JSON. */
export const tasks = {
  workload: ({ name, factor, rounds }: { name: string; factor: number; rounds: number }): Summary =>
    summaryOf(scaled(find(name), factor), rounds),
  /** Basic pods on cells of so many nodes. */
  growth: ({ nodes, rounds }: { nodes: number; rounds: number }): Summary => summaryOf(cellOf(nodes), rounds),
  latency: ({ rounds }: { rounds: number }): Summary => summaryOf(manyShapes(), rounds),
  footprint,
};

export type Tasks = typeof tasks;

function find(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (!found) throw new Error(`no workload is called "${name}"`);
  return found;
}

/** The medians of so many runs after one that does not count. */
function summaryOf(workload: Workload, rounds: number): Summary {
  const runs: Measurement[] = [];
  let memory = { heapMegabytes: 0, residentMegabytes: 0 };
  for (let round = 0; round <= rounds; round++) {
    globalThis.gc?.();
    const startMs = performance.now();
    const run = measure(workload);
    const tookMs = performance.now() - startMs;
    memory = megabytes();
    if (round > 0 || tookMs > LONG_MS) runs.push(run);
    if (tookMs > LONG_MS) break;
  }
  const middle = (value: (run: Measurement) => number) => median(runs.map(value));
  return {
    podsPerSecond: middle((run) => run.podsPerSecond),
    podsPerCpuSecond: middle((run) => run.podsPerCpuSecond),
    p50Us: middle(({ decisionsUs }) => quantile(decisionsUs, 0.5)),
    p99Us: middle(({ decisionsUs }) => quantile(decisionsUs, 0.99)),
    ...memory,
  };
}

function megabytes() {
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMegabytes: heapUsed / 1e6, residentMegabytes: rss / 1e6 };
}
