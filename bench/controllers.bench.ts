import { ApiCell, type StoreKind } from './api/cell.ts';
import { fillNodes, makeModels } from './api/seed.ts';
import { type Context, type Part, parts } from './controllers/parts.ts';
import { onRunningPods } from './controllers/running.ts';
import type { Figure } from './report.ts';

type Say = (progress: string) => void;

const NODES = 5_000;

/**
 * The controllers of a cell with 5,000 nodes, on sqlite and on etcd: how soon what is declared is there. Nobody speaks for the nodes, and
 * pods are held by a gate: neither agents nor the scheduler are what is measured. Then what only pods that run can show, on etcd and with
 * an agent for every node (`running.ts`).
 *
 * `BENCH_ONLY` selects by regular expression, as the progress names the parts; `BENCH_SCALE=0.1` takes a tenth of everything.
 */
export async function bench(say: Say): Promise<Figure[]> {
  const scale = Number(process.env.BENCH_SCALE ?? 1);
  const figures: Figure[] = [];
  for (const kind of ['sqlite', 'etcd'] as const) figures.push(...(await onStore(kind, scale, say)));
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  return [...figures, ...(await onRunningPods(NODES * scale, scale, only, say))];
}

async function onStore(kind: StoreKind, scale: number, say: Say): Promise<Figure[]> {
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const chosen = parts.filter(({ name }) => only.test(`${kind}, ${name}`));
  const figures: Figure[] = [];
  // Nodes for which nobody speaks are taken note of at a slow pace for many minutes: no cell with such nodes is at rest.
  for (const atRest of [false, true]) {
    const some = chosen.filter((part) => (part.atRest ?? false) === atRest);
    if (some.length > 0) figures.push(...(await onCell(kind, scale, atRest ? 0 : NODES * scale, some, say)));
  }
  return figures;
}

async function onCell(
  kind: StoreKind,
  scale: number,
  nodeCount: number,
  chosen: readonly Part[],
  say: Say,
): Promise<Figure[]> {
  const cell = await ApiCell.create(kind);
  try {
    const models = await cell.withMaster(makeModels);
    await cell.fill((store) => fillNodes(store, models, nodeCount));
    return await cell.withMaster(async (client) => {
      const context: Context = { cell, client, kind, scale, nodeCount };
      const figures: Figure[] = [];
      for (const { name, run } of chosen) {
        say(`${kind}, ${name}`);
        await cell.profiler?.start();
        figures.push(...(await run(context)).map((each) => ({ ...each, figure: `${kind}, ${each.figure}` })));
        await cell.profiler?.stop(`controllers ${kind}, ${name}`, say);
      }
      return figures;
    });
  } finally {
    await cell.down();
  }
}
