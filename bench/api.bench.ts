import { ApiCell, type StoreKind } from './api/cell.ts';
import { Load } from './api/load.ts';
import { type Context, parts } from './api/parts.ts';
import { fillNodes, fillPods, makeModels } from './api/seed.ts';
import { residentMegabytes } from './process-use.ts';
import { atMost, type Figure, known } from './report.ts';

type Say = (progress: string) => void;

const NODES = 5_000;
const PODS = 50_000;
const MAX_POD_KILOBYTES = 12;

/**
 * The API of a cell with 5,000 nodes and 50,000 running pods, on etcd and on sqlite: master, store and those who ask are processes of
 * their own on one machine.
 *
 * `BENCH_ONLY` selects by regular expression, as the progress names the parts; `BENCH_SCALE=0.1` takes a tenth of the cell and of the
 * watchers; `BENCH_PROFILE=1` tells where the master spent its time.
 */
export async function bench(say: Say): Promise<Figure[]> {
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const scale = Number(process.env.BENCH_SCALE ?? 1);
  const figures: Figure[] = [];
  for (const kind of ['etcd', 'sqlite'] as const) {
    const names = parts.map(({ name }) => `${kind}, ${name}`);
    if (names.some((name) => only.test(name))) figures.push(...(await onStore(kind, only, scale, say)));
  }
  return figures;
}

async function onStore(kind: StoreKind, only: RegExp, scale: number, say: Say): Promise<Figure[]> {
  const cell = await ApiCell.create(kind);
  const [requests, watchers] = [new Load(), new Load()];
  try {
    const models = await cell.withMaster(makeModels);
    const [nodeCount, podCount] = [NODES * scale, PODS * scale];
    await cell.fill((store) => fillNodes(store, models, nodeCount));
    const emptyMegabytes = await cell.withMaster(() => residentMegabytes(cell.masterPid));
    await cell.fill((store) => fillPods(store, models, podCount, nodeCount));
    say(`${kind}: ${nodeCount} nodes and ${podCount} pods of ${JSON.stringify(models.pod).length} bytes`);
    return await cell.withMaster(async (client) => {
      const kilobytes = async () => ((await residentMegabytes(cell.masterPid)) - emptyMegabytes) * (1_000 / podCount);
      const atFirst = await kilobytes();
      const context: Context = { cell, client, kind, scale, podCount, nodeCount, requests, watchers, say };
      const figures = await measure(context, only);
      return [
        ...figures,
        atMost(`${kind}, RSS a pod, once loaded`, atFirst, 'kB', MAX_POD_KILOBYTES),
        known(`${kind}, RSS a pod, after all this`, await kilobytes(), 'kB'),
      ];
    });
  } finally {
    requests.end();
    watchers.end();
    await cell.down();
  }
}

/** What did not work has no figure; the others still have theirs. */
async function measure(context: Context, only: RegExp): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { name, run } of parts) {
    const title = `${context.kind}, ${name}`;
    if (!only.test(title)) continue;
    context.say(title);
    await context.cell.profiler?.start();
    const found = await run(context).catch((error: Error): Figure[] => {
      context.say(`FAILED: ${error.stack}`);
      return [{ figure: name, value: Number.NaN, unit: '', target: 'to work', met: false }];
    });
    await context.cell.profiler?.stop(`api ${title}`, context.say);
    figures.push(...found.map((each) => ({ ...each, figure: `${context.kind}, ${each.figure}` })));
  }
  return figures;
}
