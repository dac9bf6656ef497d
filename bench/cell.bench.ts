import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Engine, TEST_IMAGE } from '../test/docker.ts';
import { startEtcd } from '../test/etcd.ts';
import { eventually } from '../test/eventually.ts';
import { BenchCell, DOCKER_HOST } from './bench-cell.ts';
import { createRate } from './create-rate.ts';
import { plainDockerRun } from './docker-run.ts';
import { podStarts } from './pod-starts.ts';
import { cpuPercent, residentMegabytes } from './process-use.ts';
import { atMost, type Figure, known, median, quantile } from './report.ts';

type Say = (progress: string) => void;

/** What a pod may take longer than plain `docker run` of its containers. */
const ALLOWANCE_MS = 300;
const SETTLE_MS = 5_000;
const IDLE_MS = 30_000;

/** A one-machine cell, from cold start to idle, on a real Docker engine. */
export async function bench(say: Say): Promise<Figure[]> {
  const engine = new Engine(DOCKER_HOST);
  await engine.ensureTestImage();
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  try {
    return [
      ...(await coldStarts(directory, say)),
      ...(await runningCell(join(directory, 'cell'), engine, say)),
      ...(await rates(directory, say)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function coldStarts(directory: string, say: Say): Promise<Figure[]> {
  const times: number[] = [];
  for (const round of [1, 2, 3]) {
    say(`cold start ${round} of 3`);
    const cell = await BenchCell.up(join(directory, `cold-${round}`));
    times.push(cell.readyMs);
    await cell.down();
  }
  return [atMost('cold start to ready, median of 3', median(times) / 1000, 's', 3)];
}

async function runningCell(dataDir: string, engine: Engine, say: Say): Promise<Figure[]> {
  const cell = await BenchCell.up(dataDir);
  try {
    say(`idle for ${IDLE_MS / 1000} s`);
    await delay(SETTLE_MS);
    const cpu = await cpuPercent(cell.pid, IDLE_MS);
    const rss = await residentMegabytes(cell.pid);
    return [
      atMost('idle CPU, master and agent', cpu, '% of a core', 2),
      atMost('idle RSS, master and agent', rss, 'MB', 250),
      ...(await startTimes(cell, engine, 1, 15, say)),
      ...(await startTimes(cell, engine, 30, 3, say)),
      known('RSS after these pods', await residentMegabytes(cell.pid), 'MB'),
    ];
  } finally {
    await cell.down();
  }
}

/** Pods and plain `docker run` of the same containers, in turn, so that the machine's moods touch both. */
async function startTimes(
  cell: BenchCell,
  engine: Engine,
  atOnce: number,
  rounds: number,
  say: Say,
): Promise<Figure[]> {
  const pods: number[] = [];
  const plain: number[] = [];
  const cellId = await cell.id();
  for (let round = 1; round <= rounds; round++) {
    say(`${atOnce} pods at once, round ${round} of ${rounds}`);
    pods.push(...(await podStarts(cell.client, atOnce, TEST_IMAGE)));
    // The pods' objects are gone; what the engine still removes must not burden the next measurement.
    await eventually('Docker to be done', async () => (await engine.containers(cellId)).length === 0, 120_000);
    plain.push(...(await plainDockerRun(atOnce, TEST_IMAGE)));
  }
  const label = `${atOnce} at once`;
  return [
    known(`docker run of the same containers, ${label}, p50`, median(plain) / 1000, 's'),
    atMost(`pod create to Running, ${label}, p50`, median(pods) / 1000, 's', (median(plain) + ALLOWANCE_MS) / 1000),
    known(`docker run of the same containers, ${label}, p99`, quantile(plain, 0.99) / 1000, 's'),
    known(`pod create to Running, ${label}, p99`, quantile(pods, 0.99) / 1000, 's'),
  ];
}

async function rates(directory: string, say: Say): Promise<Figure[]> {
  say('creates through the API on sqlite');
  const sqlite = await rateOf(join(directory, 'rate-sqlite'), []);
  say('creates through the API on etcd');
  const etcd = await startEtcd();
  try {
    const args = ['--store', 'etcd', '--etcd-endpoints', String(etcd.endpoints)];
    const onEtcd = await rateOf(join(directory, 'rate-etcd'), args);
    return [
      known('creates through the API, sqlite', sqlite, 'objects/s'),
      known('creates through the API, etcd', onEtcd, 'objects/s'),
    ];
  } finally {
    await etcd.stop();
  }
}

async function rateOf(dataDir: string, args: readonly string[]): Promise<number> {
  const cell = await BenchCell.up(dataDir, ['--no-agent', ...args]);
  try {
    return await createRate(cell.client.access);
  } finally {
    await cell.down();
  }
}
