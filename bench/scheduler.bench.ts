import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, type Figure, known } from './report.ts';
import { type EndToEnd, endToEnd, MODES, type Mode } from './scheduler/end-to-end.ts';
import { footprintFigures, growthFigures, LARGE, latencyFigures, workloadFigures } from './scheduler/library.ts';
import { restartFigures } from './scheduler/restart.ts';
import { scaled, type Workload } from './scheduler/workload.ts';
import { workloads } from './scheduler/workloads.ts';

type Say = (progress: string) => void;

/**
 * The scheduler, as a library and with a whole master on etcd around it, in the shapes of Kubernetes' scheduler_perf.
 *
 * `BENCH_ONLY` selects by regular expression: `library ...` and `end to end ...`, as the progress names them. `BENCH_SCALE=0.1`
 * takes a tenth of nodes and pods of a workload, for development. `BENCH_PROFILE=1` tells where the master, or the library's process,
 * spent its time.
 */
export async function bench(say: Say): Promise<Figure[]> {
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const factor = Number(process.env.BENCH_SCALE ?? 1);
  const figures: Figure[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  try {
    for (const [name, measure] of parts(factor, directory)) {
      if (!only.test(name)) continue;
      say(name);
      figures.push(...(await measure(say).catch((error: Error) => failed(name, error, say))));
    }
    return figures;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What did not work has no figure; the others still have theirs. */
function failed(name: string, error: Error, say: Say): Figure[] {
  say(`FAILED: ${error.stack}`);
  return [{ figure: name, value: Number.NaN, unit: '', target: 'to work', met: false }];
}

type Part = readonly [name: string, measure: (say: Say) => Promise<Figure[]>];

/** Cells keep their certificates in the directory. */
const parts = (factor: number, directory: string): Part[] => [
  ...workloads.map((each): Part => [`library ${each.name}`, (say) => workloadFigures(each, factor, say)]),
  ['library latency', latencyFigures],
  ['library growth', growthFigures],
  ['library footprint', footprintFigures],
  ['end to end restart', (say) => restartFigures(LARGE, directory, say)],
  ...workloads
    .flatMap((each) => MODES.map((mode) => throughMaster(scaled(each, factor), mode, directory)))
    .filter((part) => part !== undefined),
];

function throughMaster(workload: Workload, mode: Mode, directory: string): Part | undefined {
  const { name, endToEndTarget } = workload;
  if (!endToEndTarget) return undefined;
  const figure = `end to end ${name}, ${mode}`;
  return [figure, async (say) => endToEndFigures(figure, workload, await endToEnd(workload, mode, directory, say))];
}

function endToEndFigures(
  figure: string,
  { endToEndTarget = 0 }: Workload,
  { bound, running, cpuUs }: EndToEnd,
): Figure[] {
  const cpu = (process: string) => known(`${figure}, CPU of ${process} a pod`, cpuUs[process] ?? 0, 'us');
  return [
    atLeast(figure, bound, 'pods/s', endToEndTarget),
    known(`${figure}, acknowledged by agents`, running, 'pods/s'),
    ...["the master's main thread", 'etcd', 'the agents'].map(cpu),
  ];
}
