import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import { BindWatch } from './bind-watch.ts';
import { placements } from './check.ts';
import { type CpuUse, cpuUse, inWords, ofMainThread, ofProcess, usEach } from './cpu-use.ts';
import { HollowCell } from './hollow-cell.ts';
import { Lanes } from './lanes.ts';
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
  /** The last bind as a watch of the API sees it. */
  readonly podsPerSecond: number;
  /** CPU of the whole master, its main thread and etcd for each pod: what does not depend on what else the machine does. */
  readonly cpuUs: CpuUse;
}

/** Runs the workload through a real master on a real etcd, and checks what stands in etcd in the end. */
export async function endToEnd(workload: Workload, mode: Mode, say: Say): Promise<EndToEnd> {
  const cell = await HollowCell.up({ profile: process.env.BENCH_PROFILE === '1' });
  const lanes = await Lanes.open(cell.access, CONNECTIONS);
  try {
    await prepare(cell, lanes, workload, say);
    const requests = [...all([workload.measured])].map(request);
    const work = mode === 'offered' ? offered(lanes, requests) : await backlog(cell, lanes, requests);
    const outcome = await timed(cell, requests.length, `${workload.name} ${mode}`, say, work);
    await verify(cell, workload);
    return outcome;
  } finally {
    lanes.close();
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
  const startMs = performance.now();
  const heard = timestamp(Date.now());
  await lanes.send(
    [...all(workload.nodes)].map((body) => {
      for (const condition of body.status?.conditions ?? []) condition.lastHeartbeatTime = heard;
      return { path: '/api/v1/nodes', body };
    }),
  );
  const nodeCount = total(workload.nodes);
  const rate = nodeCount / ((performance.now() - startMs) / 1000);
  say(`${nodeCount} nodes created, ${Math.round(rate)} a second`);
  const initial = total(workload.initial);
  const watch = await BindWatch.open(cell.access);
  await lanes.send([...all(workload.stuck), ...all(workload.initial)].map(request));
  await watch.reached(initial, DEADLINE_MS);
  watch.close();
  say(`${initial} initial pods bound`);
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

/** From the beginning of the work until a watch has seen so many pods bound. */
async function timed(
  cell: HollowCell,
  count: number,
  name: string,
  say: Say,
  work: () => Promise<unknown>,
): Promise<EndToEnd> {
  const { masterPid } = cell;
  const etcd = ofProcess(await cell.etcdPid());
  const processes = { master: ofProcess(masterPid), 'main thread': ofMainThread(masterPid), etcd };
  const watch = await BindWatch.open(cell.access);
  try {
    await cell.profiler?.start();
    const before = await cpuUse(processes);
    const startMs = performance.now();
    await work();
    const inputSeconds = (performance.now() - startMs) / 1000;
    await watch.reached(count, DEADLINE_MS);
    const seconds = (watch.lastMs - startMs) / 1000;
    const cpuUs = usEach(before, await cpuUse(processes), count);
    await cell.profiler?.stop(name, say);
    const podsPerSecond = count / seconds;
    say(
      `${name}: ${Math.round(podsPerSecond)} pods/s, input took ${inputSeconds.toFixed(1)} of ${seconds.toFixed(1)} s`,
    );
    say(`CPU a pod: ${inWords(cpuUs)}`);
    return { podsPerSecond, cpuUs };
  } finally {
    watch.close();
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
  const fault = workload.fault?.(placed);
  if (fault) throw new Error(`${workload.name}: ${fault}`);
}
