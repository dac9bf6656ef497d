import { type Figure, known } from '../report.ts';

/** How long etcd itself waited for its disk, by its own histograms: nothing of it is the master's. */
export interface EtcdWaits {
  /** Upper bound of a bucket, in seconds, and how many waits were within it. */
  readonly buckets: readonly (readonly [atMostSeconds: number, count: number])[];
}

const FSYNCS = /^etcd_disk_wal_fsync_duration_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm;

export async function etcdWaits(endpoint: string): Promise<EtcdWaits> {
  const text = await (await fetch(`${endpoint}/metrics`)).text();
  const buckets = [...text.matchAll(FSYNCS)].map(([, le, count]) => [Number(le), Number(count)] as const);
  return { buckets: buckets.filter(([le]) => Number.isFinite(le)) };
}

/** What happened between two readings: the bound that 99 of 100 waits, and that all waits, kept. */
export function waitsBetween(title: string, before: EtcdWaits, after: EtcdWaits): Figure[] {
  const counts = after.buckets.map(([le, count], at) => [le, count - (before.buckets[at]?.[1] ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  const within = (share: number) => counts.find(([, count]) => count >= share * all)?.[0] ?? Number.POSITIVE_INFINITY;
  return [
    known(`${title}, etcd's own fsyncs`, all, ''),
    known(`${title}, 99 % of etcd's fsyncs within`, 1_000 * within(0.99), 'ms'),
    known(`${title}, all of etcd's fsyncs within`, 1_000 * within(1), 'ms'),
  ];
}
