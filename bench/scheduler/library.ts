import { atLeast, atMost, type Figure, known, median } from '../report.ts';
import type { Footprint } from './footprint.ts';
import { inChild } from './in-child.ts';
import type { Summary } from './tasks.ts';
import type { Workload } from './workload.ts';

/** Figures of the library alone, each from a process of its own. */

type Say = (progress: string) => void;

const ROUNDS = 3;

export async function workloadFigures(
  { name, threshold, target }: Workload,
  factor: number,
  say: Say,
): Promise<Figure[]> {
  const summary = await inChild('workload', { name, factor, rounds: ROUNDS }, say);
  say(
    `${name}: ${inWords(summary)}${threshold ? `, ${Math.round(summary.podsPerSecond / threshold)} x ${threshold}` : ''}`,
  );
  const { podsPerSecond, podsPerCpuSecond, p50Us, p99Us, residentMegabytes } = summary;
  return [
    target ? atLeast(name, podsPerSecond, 'pods/s', target) : known(name, podsPerSecond, 'pods/s'),
    ...(threshold ? [known(`${name}, times kube-scheduler's ${threshold}`, podsPerSecond / threshold, 'x')] : []),
    known(`${name}, by CPU time`, podsPerCpuSecond, 'pods/s'),
    known(`${name}, one decision, p50`, p50Us, 'us'),
    known(`${name}, one decision, p99`, p99Us, 'us'),
    known(`${name}, RSS`, residentMegabytes, 'MB'),
  ];
}

const inWords = ({
  podsPerSecond,
  podsPerCpuSecond,
  p50Us,
  p99Us,
  heapMegabytes,
  residentMegabytes,
}: Summary): string =>
  `${Math.round(podsPerSecond)} pods/s (${Math.round(podsPerCpuSecond)} by CPU time), a decision p50 ${p50Us.toFixed(1)} us, p99 ${p99Us.toFixed(1)} us, ` +
  `heap ${Math.round(heapMegabytes)} MB, RSS ${Math.round(residentMegabytes)} MB`;

const SIZES = [1250, 2500, 5000, 10_000, 20_000];
const FROM = 2500;
const TO = 20_000;
const GROWTH_ROUNDS = 5;

/** What a placement costs on cells of growing size, in CPU time: the ratio must not hang on what else the machine does. */
export async function growthFigures(say: Say): Promise<Figure[]> {
  const costUs = new Map<number, number>();
  for (const nodes of SIZES) {
    const { podsPerCpuSecond } = await inChild('growth', { nodes, rounds: GROWTH_ROUNDS }, say);
    const us = 1e6 / podsPerCpuSecond;
    costUs.set(nodes, us);
    say(`${nodes} nodes: ${us.toFixed(2)} us a placement`);
  }
  const growth = costUs.get(TO)! / costUs.get(FROM)!;
  const ofLog = growth / (Math.log(TO) / Math.log(FROM));
  return [
    ...[...costUs].map(([nodes, us]) => known(`a placement on ${nodes.toLocaleString('en')} nodes`, us, 'us')),
    atMost('growth of that from 2,500 to 20,000 nodes, of the growth of log(nodes)', ofLog, 'x', 1),
  ];
}

export async function latencyFigures(say: Say): Promise<Figure[]> {
  const summary = await inChild('latency', { rounds: ROUNDS }, say);
  say(`100 shapes on 10,000 nodes: ${inWords(summary)}`);
  return [
    known('100 shapes on 10,000 nodes', summary.podsPerSecond, 'pods/s'),
    atMost('100 shapes on 10,000 nodes, one decision, p99', summary.p99Us / 1000, 'ms', 1),
  ];
}

export const LARGE = { nodes: 10_000, pods: 150_000, shapes: 300 };
const LARGE_NAME = '10,000 nodes, 150,000 pods, 300 shapes';

export async function footprintFigures(say: Say): Promise<Figure[]> {
  const runs: Footprint[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await inChild('footprint', LARGE, say));
  const middle = (value: (run: Footprint) => number) => median(runs.map(value));
  const objects = middle(({ objectsMegabytes }) => objectsMegabytes);
  const restart = middle(({ restartSeconds }) => restartSeconds);
  say(
    `${LARGE_NAME}: objects ${Math.round(objects)} MB, a pod ${runs[0]!.podBytes} bytes of JSON, restart ${restart.toFixed(2)} s`,
  );
  return [
    known(`${LARGE_NAME}, objects alone`, objects / 1000, 'GB'),
    atMost(`${LARGE_NAME}, RSS`, middle(({ residentMegabytes }) => residentMegabytes) / 1000, 'GB', 1.5),
    atMost(`${LARGE_NAME}, from the objects to a decision`, restart, 's', 10),
  ];
}
