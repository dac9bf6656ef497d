import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../cli/client.ts';
import { readKubeconfig } from '../cli/kubeconfig.ts';
import { freePort } from '../test/cell.ts';
import { Engine, TEST_IMAGE } from '../test/docker.ts';
import { startEtcd } from '../test/etcd.ts';
import { Program } from '../test/program.ts';
import { createRate } from './create-rate.ts';
import { plainDockerRun } from './docker-run.ts';
import { podStarts } from './pod-starts.ts';
import { cpuPercent, residentMegabytes } from './process-use.ts';
import { atMost, type Figure, known, median, quantile } from './report.ts';

const DOCKER_HOST = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
/** What a pod may take longer than plain `docker run` of its containers. */
const ALLOWANCE_MS = 300;
const IDLE_SECONDS = 30;

interface Up {
  program: Program;
  client: ApiClient;
  readyMs: number;
}

/** A one-machine cell, from cold start to idle, on a real Docker engine. */
export async function bench(say: (progress: string) => void): Promise<Figure[]> {
  const engine = new Engine(DOCKER_HOST);
  await engine.ensureTestImage();
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  try {
    const colds: number[] = [];
    for (const round of [1, 2, 3]) {
      say(`cold start ${round} of 3`);
      const dataDir = join(directory, `cold-${round}`);
      const { program, client, readyMs } = await up(dataDir);
      colds.push(readyMs);
      client.close();
      await program.end();
      await down(dataDir);
    }
    return [
      atMost('cold start to ready, median of 3', median(colds) / 1000, 's', 3),
      ...(await runningCell(join(directory, 'cell'), say)),
      ...(await rates(directory, say)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runningCell(dataDir: string, say: (progress: string) => void): Promise<Figure[]> {
  const { program, client } = await up(dataDir);
  const pid = program.child.pid!;
  try {
    say(`idle for ${IDLE_SECONDS} s`);
    await delay(5000);
    const cpu = await cpuPercent(pid, IDLE_SECONDS * 1000);
    const rss = await residentMegabytes(pid);
    const figures = [
      atMost('idle CPU, master and agent', cpu, '% of a core', 2),
      atMost('idle RSS, master and agent', rss, 'MB', 250),
    ];
    figures.push(...(await startTimes(client, 1, 15, say)), ...(await startTimes(client, 30, 3, say)));
    figures.push(known('RSS after these pods', await residentMegabytes(pid), 'MB'));
    return figures;
  } finally {
    client.close();
    await program.end();
    await down(dataDir);
  }
}

/** Pods and plain `docker run` of the same containers, in turn, so that the machine's moods touch both. */
async function startTimes(
  client: ApiClient,
  atOnce: number,
  rounds: number,
  say: (progress: string) => void,
): Promise<Figure[]> {
  const pods: number[] = [];
  const plain: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`${atOnce} pods at once, round ${round} of ${rounds}`);
    pods.push(...(await podStarts(client, atOnce, TEST_IMAGE)));
    plain.push(...(await plainDockerRun(atOnce, TEST_IMAGE)));
  }
  const label = `${atOnce} at once`;
  return [
    known(`docker run of the same containers, ${label}, p50`, median(plain) / 1000, 's'),
    atMost(`pod create to Running, ${label}, p50`, median(pods) / 1000, 's', (median(plain) + ALLOWANCE_MS) / 1000),
    known(`pod create to Running, ${label}, p99`, quantile(pods, 0.99) / 1000, 's'),
  ];
}

async function rates(directory: string, say: (progress: string) => void): Promise<Figure[]> {
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
  const { program, client } = await up(dataDir, ['--no-agent', ...args]);
  try {
    return await createRate(client.access);
  } finally {
    client.close();
    await program.end();
    await down(dataDir);
  }
}

async function up(dataDir: string, args: readonly string[] = []): Promise<Up> {
  const port = await freePort();
  const startMs = performance.now();
  const program = Program.stowctl(
    'up',
    ...['--no-demo', '--data-dir', dataDir, '--port', String(port), '--docker-host', DOCKER_HOST, ...args],
  );
  await program.saysLine(/^ready$/);
  const readyMs = performance.now() - startMs;
  return { program, readyMs, client: new ApiClient(readKubeconfig(join(dataDir, 'kubeconfig'))) };
}

async function down(dataDir: string): Promise<void> {
  await Program.stowctl('down', '--data-dir', dataDir, '--docker-host', DOCKER_HOST).exit(60_000);
}
