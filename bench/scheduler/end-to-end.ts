import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { placements } from './check.ts';
import { type CpuUse, cpuUse, inWords, ofMainThread, ofProcess, usEach } from './cpu-use.ts';
import { HollowAgents } from './hollow-agents.ts';
import { HollowCell } from './hollow-cell.ts';
import { Lanes } from './lanes.ts';
import { PodWatch } from './pod-watch.ts';
import { all, total, type Workload } from './workload.ts';

/** Requests under way at once. */
const CONNECTIONS = 64;
const DEADLINE_MS = 600_000;
const GATE = 'bench/hold';

/**
 * `offered`: pods are created while the scheduler works, as scheduler_perf does it; the time is that from the first create to the
 * last bind. `backlog`: all pods are there behind a gate, which a bulk write into etcd opens; the time is from that write on.
 */
export const MODES = ['offered', 'backlog'] as const;
export type Mode = (typeof MODES)[number];

type Say = (progress: string) => void;

export interface EndToEnd {
  /** To the last bind, and to the last pod that its agent has acknowledged as running, as watches of the API see them. */
  readonly bound: number;
  readonly running: number;
  /** Of each process for each pod, to its acknowledgement: what does not depend on what else the machine does. */
  readonly cpuUs: CpuUse;
}

/**
 * Runs the workload through a real master on a real etcd and acknowledging agents, and checks what stands in etcd in the end.
 * Certificates are kept in the directory.
 */
export async function endToEnd(workload: Workload, mode: Mode, directory: string, say: Say): Promise<EndToEnd> {
  const cell = await HollowCell.up({ directory, profile: process.env.BENCH_PROFILE === '1' });
  let agents: HollowAgents | undefined;
  let lanes: Lanes | undefined;
  try {
    agents = await HollowAgents.join({ ...(await cell.joining()), nodes: [...all(workload.nodes)] }, say);
    lanes = await Lanes.open(cell.access, CONNECTIONS);
    await prepare(cell, lanes, workload, say);
    const requests = [...all([workload.measured])].map(request);
    const work = mode === 'offered' ? offered(lanes, requests) : await backlog(cell, lanes, requests);
    const outcome = await timed({ cell, agents }, requests.length, `${workload.name} ${mode}`, say, work);
    await verify(cell, workload);
    if (agents.lost > 0) say(`${agents.lost} sessions of agents were lost`);
    return outcome;
  } finally {
    lanes?.close();
    await agents?.end();
    await cell.down();
  }
}

interface Request {
  readonly path: string;
  readonly body: ApiObject;
}

const request = (pod: Pod): Request => ({ path: `/api/v1/namespaces/${metaOf(pod).namespace}/pods`, body: pod });

async function prepare(cell: HollowCell, lanes: Lanes, workload: Workload, say: Say): Promise<void> {
  await lanes.send(workload.namespaces.map((body) => ({ path: '/api/v1/namespaces', body })));
  const initial = total(workload.initial);
  const watch = await PodWatch.open(cell.access, 'running');
  await lanes.send([...all(workload.stuck), ...all(workload.initial)].map(request));
  await watch.reached(initial, DEADLINE_MS);
  watch.close();
  say(`${initial} initial pods run`);
}

/** The work: creates the pods. */
function offered(lanes: Lanes, requests: readonly Request[]): () => Promise<unknown> {
  const texts = requests.map(({ path, body }) => ({ path, body: JSON.stringify(body) }));
  return () => lanes.send(texts);
}

/** Creates the pods behind a gate. The work: opens it. */
async function backlog(cell: HollowCell, lanes: Lanes, requests: readonly Request[]): Promise<() => Promise<unknown>> {
  await lanes.send(
    requests.map(({ path, body }) => {
      const pod = body as Pod;
      return { path, body: { ...pod, spec: { ...pod.spec, schedulingGates: [{ name: GATE }] } } };
    }),
  );
  const store = await cell.store();
  const { values } = await store.list(storePrefix(pods));
  const ops = values
    .filter(({ value }) => value.includes(GATE))
    .map(({ key, value }) => ({ type: 'put' as const, key, value: withoutGate(value) }));
  return () => Promise.all(ops.map((op) => store.commit({ compares: [], ops: [op] })));
}

function withoutGate(value: string): string {
  const pod = JSON.parse(value) as Pod;
  delete pod.spec!.schedulingGates;
  delete pod.status!.conditions;
  return JSON.stringify(pod);
}

/** From the beginning of the work until watches have seen so many pods bound, and running. */
async function timed(
  { cell, agents }: { cell: HollowCell; agents: HollowAgents },
  count: number,
  name: string,
  say: Say,
  work: () => Promise<unknown>,
): Promise<EndToEnd> {
  const { masterPid } = cell;
  const [etcd, others] = [ofProcess(await cell.etcdPid()), ofProcess(agents.pid)];
  const processes = {
    master: ofProcess(masterPid),
    "the master's main thread": ofMainThread(masterPid),
    etcd,
    'the agents': others,
  };
  const [bound, running] = await Promise.all([
    PodWatch.open(cell.access, 'bound'),
    PodWatch.open(cell.access, 'running'),
  ]);
  try {
    await cell.profiler?.start();
    const before = await cpuUse(processes);
    const startMs = performance.now();
    await work();
    const inputSeconds = (performance.now() - startMs) / 1000;
    await Promise.all([bound.reached(count, DEADLINE_MS), running.reached(count, DEADLINE_MS)]);
    const cpuUs = usEach(before, await cpuUse(processes), count);
    await cell.profiler?.stop(name, say);
    const perSecond = ({ lastMs }: PodWatch) => count / ((lastMs - startMs) / 1000);
    const rates = { bound: perSecond(bound), running: perSecond(running) };
    const words = `${Math.round(rates.bound)} pods/s bound, ${Math.round(rates.running)} running`;
    say(`${name}: ${words}; input took ${inputSeconds.toFixed(1)} s of ${(count / rates.running).toFixed(1)}`);
    say(`CPU a pod: ${inWords(cpuUs)}`);
    return { ...rates, cpuUs };
  } finally {
    bound.close();
    running.close();
  }
}

/** What stands in etcd in the end, checked by itself. */
async function verify(cell: HollowCell, workload: Workload): Promise<void> {
  const stored = async <T extends ApiObject>(resource: ResourceDefinition<T>): Promise<T[]> =>
    (await (await cell.store()).list(storePrefix(resource))).values.map(({ value }) => JSON.parse(value) as T);
  const bound = (await stored(pods)).filter(({ spec }) => spec?.nodeName);
  const wanted = total(workload.initial) + workload.measured.count;
  if (bound.length !== wanted) throw new Error(`${bound.length} pods are bound in etcd, not ${wanted}`);
  const placed = placements(await stored(nodes), bound);
  const idle = bound.filter(({ status }) => status?.phase !== 'Running');
  if (idle.length > 0) throw new Error(`${idle.length} of ${wanted} pods are not running in etcd`);
  const fault = workload.fault?.(placed);
  if (fault) throw new Error(`${workload.name}: ${fault}`);
}
