import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../../client/client.ts';
import { cpuPercent, residentMegabytes } from '../process-use.ts';
import { atMost, type Figure, known, quantile } from '../report.ts';
import { HollowAgents } from '../scheduler/hollow-agents.ts';
import { HollowCell } from '../scheduler/hollow-cell.ts';
import { node } from '../scheduler/objects.ts';

const AGENTS = Math.round(5_000 * Number(process.env.BENCH_SCALE ?? 1));
const REST_MS = 30_000;
/** Certificates and first statuses are written by then. */
const SETTLE_MS = 15_000;
const BACK_WITHIN_SECONDS = 15;
const LIMIT_CPU_PERCENT = 25;
const LIMIT_API_MS = 1_000;
const PATIENCE_MS = 180_000;

type Say = (progress: string) => void;

/** What a crowd of agents that run nothing costs one master at rest, and how it comes back when the master was started again. */
export async function crowd(say: Say): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-failover-'));
  const cell = await HollowCell.up({ directory });
  let agents: HollowAgents | undefined;
  try {
    const nodes = Array.from({ length: AGENTS }, (_, i) => node({ name: `node-${i}` }));
    agents = await HollowAgents.join({ ...(await cell.joining()), nodes }, say);
    await delay(SETTLE_MS);
    const [master, etcd] = await Promise.all([
      cpuPercent(cell.masterPid, REST_MS),
      cpuPercent(await cell.etcdPid(), REST_MS),
    ]);
    const resident = await residentMegabytes(cell.masterPid);
    say(`at rest: master ${master.toFixed(1)} %, etcd ${etcd.toFixed(1)} %, ${resident.toFixed(0)} MB`);
    const back = await storm(cell, say);
    const crowdOf = `${AGENTS.toLocaleString('en')} agents`;
    return [
      atMost(`${crowdOf}, CPU of the master at rest`, master, '% of a core', LIMIT_CPU_PERCENT),
      known(`${crowdOf}, CPU of etcd at rest`, etcd, '% of a core'),
      known(`${crowdOf}, RSS of the master`, resident, 'MB'),
      atMost(`${crowdOf}, all back after a restart of the master`, back.seconds, 's', BACK_WITHIN_SECONDS),
      atMost(`${crowdOf}, slowest hundredth of API requests meanwhile`, back.p99Ms, 'ms', LIMIT_API_MS),
    ];
  } finally {
    await agents?.end();
    await cell.down();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Times from the moment at which the new master serves. */
async function storm(cell: HollowCell, say: Say): Promise<{ seconds: number; p99Ms: number }> {
  await cell.stopMaster();
  await cell.startMaster();
  const startMs = performance.now();
  const samples: number[] = [];
  const over = new AbortController();
  const asking = ask(cell.client, samples, over.signal);
  try {
    for (let told = 0; ; ) {
      const back = await connected(cell.client);
      const seconds = (performance.now() - startMs) / 1_000;
      if (back >= AGENTS) {
        say(`all back after ${seconds.toFixed(1)} s`);
        return { seconds, p99Ms: quantile(samples, 0.99) };
      }
      if (seconds * 1_000 > PATIENCE_MS) throw new Error(`${back} of ${AGENTS} agents are back after ${seconds} s`);
      if (seconds - told >= 5) {
        told = seconds;
        say(`${back} agents back after ${told.toFixed(0)} s`);
      }
      await delay(200);
    }
  } finally {
    over.abort();
    await asking;
  }
}

/** Reads and writes of small things, one after the other. */
async function ask(client: ApiClient, samples: number[], signal: AbortSignal): Promise<void> {
  const maps = '/api/v1/namespaces/default/configmaps';
  for (let i = 0; !signal.aborted; i++) {
    const startMs = performance.now();
    if (i % 2 === 0) await client.get('/api/v1/namespaces/kube-system');
    else await client.json('POST', maps, { body: { metadata: { name: `storm-${i}` } } });
    samples.push(performance.now() - startMs);
    await delay(10);
  }
}

async function connected(client: ApiClient): Promise<number> {
  const text = await client.text('GET', '/metrics');
  return Number(/^stowage_agents_connected (\d+)$/m.exec(text)?.[1] ?? 0);
}
