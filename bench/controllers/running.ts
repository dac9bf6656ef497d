import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiObject } from '../../api/meta/object.ts';
import { eventually } from '../../test/eventually.ts';
import { atMost, type Figure, known, median } from '../report.ts';
import { ENDS } from '../scheduler/hollow-agent.ts';
import { HollowAgents } from '../scheduler/hollow-agents.ts';
import { HollowCell } from '../scheduler/hollow-cell.ts';
import { Lanes } from '../scheduler/lanes.ts';
import { node, pod } from '../scheduler/objects.ts';
import { PodWatch } from '../scheduler/pod-watch.ts';

/** A cell whose pods run: on etcd, with an agent for every node. */
interface Stage {
  readonly cell: HollowCell;
  readonly lanes: Lanes;
  readonly scale: number;
}

interface Part {
  readonly name: string;
  run(stage: Stage): Promise<Figure[]>;
}

type Say = (progress: string) => void;

const PATIENCE_MS = 300_000;
const CONNECTIONS = 64;
const APPS = '/apis/apps/v1/namespaces/default/deployments';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';

/** Of `chosen` parts, by name. */
export async function onRunningPods(nodes: number, scale: number, only: RegExp, say: Say): Promise<Figure[]> {
  const chosen = parts.filter(({ name }) => only.test(name));
  if (chosen.length === 0) return [];
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  const cell = await HollowCell.up({ directory, profile: process.env.BENCH_PROFILE === '1' });
  let agents: HollowAgents | undefined;
  let lanes: Lanes | undefined;
  try {
    const all = Array.from({ length: nodes }, (_, index) => node({ name: `node-${index}` }));
    agents = await HollowAgents.join({ ...(await cell.joining()), nodes: all }, say);
    lanes = await Lanes.open(cell.access, CONNECTIONS);
    const figures: Figure[] = [];
    for (const { name, run } of chosen) {
      say(name);
      await cell.profiler?.start();
      figures.push(...(await run({ cell, lanes, scale })));
      await cell.profiler?.stop(`controllers ${name}`, say);
    }
    return figures;
  } finally {
    lanes?.close();
    await agents?.end();
    await cell.down();
    await rm(directory, { recursive: true, force: true });
  }
}

const template = (app: string, spec: object = {}, labels: Record<string, string> = {}) => ({
  metadata: { labels: { app, ...labels } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: 'none:1', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
    ...spec,
  },
});

interface Rolling extends ApiObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly replicas?: number;
  };
}

async function deploy({ cell }: Stage, name: string, replicas: number, maxSurge: string): Promise<void> {
  const strategy = { rollingUpdate: { maxSurge, maxUnavailable: 0 } };
  const spec = { replicas, strategy, selector: { matchLabels: { app: name } }, template: template(name) };
  await cell.client.json('POST', APPS, { body: { metadata: { name }, spec } });
  await settled(cell, name, replicas);
}

const settled = (cell: HollowCell, name: string, replicas: number) =>
  eventually(
    `the rollout of ${name}`,
    async () => {
      const { metadata, status } = await cell.client.get<Rolling>(`${APPS}/${name}`);
      const { observedGeneration, updatedReplicas, availableReplicas, replicas: there } = status ?? {};
      const counts = [updatedReplicas, availableReplicas, there];
      return observedGeneration === metadata?.generation && counts.every((count) => count === replicas);
    },
    PATIENCE_MS,
  );

let round = 0;

const begin = ({ cell }: Stage, name: string) =>
  cell.client.json('PATCH', `${APPS}/${name}`, {
    contentType: 'application/merge-patch+json',
    body: { spec: { template: { metadata: { annotations: { round: String(++round) } } } } },
  });

async function rollOver(stage: Stage, name: string, replicas: number): Promise<number> {
  const startMs = performance.now();
  await begin(stage, name);
  await settled(stage.cell, name, replicas);
  return (performance.now() - startMs) / 1_000;
}

const inTurns = async (times: number, work: () => Promise<number>): Promise<number> => {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn++) taken.push(await work());
  return median(taken);
};

const REPEATS = 3;

/** The same roll-over by larger steps, and beside many other pods. */
const rolling: Part = {
  name: 'rolling over',
  async run(stage) {
    const replicas = 500 * stage.scale;
    const [slow, fast] = ['10%', '50%'] as const;
    await deploy(stage, 'slow', replicas, slow);
    await deploy(stage, 'fast', replicas, fast);
    const few = {
      slow: await inTurns(REPEATS, () => rollOver(stage, 'slow', replicas)),
      fast: await inTurns(REPEATS, () => rollOver(stage, 'fast', replicas)),
    };
    const others = 20_000 * stage.scale;
    await deploy(stage, 'others', others, '25%');
    const many = await inTurns(REPEATS, () => rollOver(stage, 'slow', replicas));
    return [
      known(`${replicas} pods roll over by a surge of ${slow}`, few.slow, 's'),
      known(`${replicas} pods roll over by a surge of ${fast}`, few.fast, 's'),
      atMost(`the same by ${slow}, beside ${others} other pods, to alone`, many / few.slow, 'x', 1.5),
    ];
  },
};

interface Counted extends ApiObject {
  readonly status?: { readonly succeeded?: number; readonly failed?: number; readonly completionTime?: string };
}

const ending: Part = {
  name: 'a Job',
  async run({ cell, scale }) {
    const completions = 10_000 * scale;
    const made = template('sum', { restartPolicy: 'Never' }, { [ENDS]: 'yes' });
    const spec = { completions, parallelism: completions, template: made };
    const startMs = performance.now();
    await cell.client.json('POST', JOBS, { body: { metadata: { name: 'sum' }, spec } });
    const ended = await eventually(
      'the end of the job',
      async () => {
        const { status } = await cell.client.get<Counted>(`${JOBS}/sum`);
        return status?.completionTime ? status : undefined;
      },
      PATIENCE_MS,
    );
    const seconds = (performance.now() - startMs) / 1_000;
    const { items } = await cell.client.get<{ items: ApiObject[] }>('/api/v1/namespaces/default/pods', {
      query: { labelSelector: 'app=sum', fieldSelector: 'status.phase=Succeeded' },
    });
    const off =
      Math.abs((ended.succeeded ?? 0) - completions) + (ended.failed ?? 0) + Math.abs(items.length - completions);
    await cell.client.json('DELETE', `${JOBS}/sum`, { body: { propagationPolicy: 'Foreground' } });
    return [
      known(`a Job of ${completions} pods is complete`, seconds, 's'),
      atMost('pods counted too often or not at all', off, '', 0),
    ];
  },
};

const PAIRS = 5;

/**
 * Places pods as they are offered, alone and while all of a large Deployment is rolled. In pairs, now the one first and now the other, and
 * each pair is its own measure: what else the machine does changes from minute to minute, and less within a pair.
 */
const beside: Part = {
  name: 'placement beside a rolling update',
  async run(stage) {
    const replicas = 5_000 * stage.scale;
    const count = 2_500 * stage.scale;
    await deploy(stage, 'large', replicas, '25%');
    const turns = {
      alone: () => placed(stage, count),
      rolled: async () => {
        await begin(stage, 'large');
        const seconds = await placed(stage, count);
        await settled(stage.cell, 'large', replicas);
        return seconds;
      },
    };
    const pairs: Record<keyof typeof turns, number>[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const taken = { alone: 0, rolled: 0 };
      const order = pair % 2 === 0 ? (['alone', 'rolled'] as const) : (['rolled', 'alone'] as const);
      for (const turn of order) taken[turn] = await turns[turn]();
      pairs.push(taken);
    }
    const ratio = median(pairs.map(({ alone, rolled }) => rolled / alone));
    return [
      known(`${count} pods are placed, alone`, count / median(pairs.map(({ alone }) => alone)), 'pods/s'),
      known(
        `${count} pods are placed while ${replicas} others are rolled`,
        count / median(pairs.map(({ rolled }) => rolled)),
        'pods/s',
      ),
      atMost(`time to place them beside a rolling update, to alone (median of ${PAIRS} pairs)`, ratio, 'x', 1.2),
    ];
  },
};

/** Seconds from the first offer to the last place. */
async function placed({ cell, lanes }: Stage, count: number): Promise<number> {
  const namespace = `offered-${++round}`;
  await cell.client.json('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const made = Array.from({ length: count }, (_, index) =>
    JSON.stringify(pod({ namespace, name: `p${index}`, cpu: '10m', memory: '16Mi' })),
  );
  const watch = await PodWatch.open(cell.access, 'bound', namespace);
  const startMs = performance.now();
  await lanes.send(made.map((body) => ({ path, body })));
  await watch.reached(count, PATIENCE_MS);
  watch.close();
  const seconds = (watch.lastMs - startMs) / 1_000;
  await cell.client.json('DELETE', `/api/v1/namespaces/${namespace}`);
  await eventually(
    `the end of ${namespace}`,
    () =>
      cell.client.get(`/api/v1/namespaces/${namespace}`).then(
        () => false,
        () => true,
      ),
    PATIENCE_MS,
  );
  return seconds;
}

const parts: readonly Part[] = [rolling, ending, beside];
