import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { encodeObject } from '../../master/objects/encode.ts';
import type { Store } from '../../master/store/store.ts';
import { residentMegabytes } from '../process-use.ts';
import { atMost, type Figure, known } from '../report.ts';
import { cpuUse, ofProcess } from './cpu-use.ts';
import { placedPod, type Size } from './footprint.ts';
import { HollowCell } from './hollow-cell.ts';
import { node, pod } from './objects.ts';
import { PodWatch } from './pod-watch.ts';
import { type Profile, summary } from './profile-summary.ts';
import { storedNode } from './stored.ts';

const AT_ONCE = 4096;
const BIND_WITHIN_MS = 120_000;
const LIMIT_SECONDS = 10;
/** Nobody speaks for nodes that only stand in etcd: no silence makes one count as lost. */
const SILENT_SECONDS = 86_400;
const PROFILE = process.env.BENCH_PROFILE === '1';

/** From the start of a master's process, on an etcd that holds a cell of this size, until a pod made through its API is bound. */
export async function restartFigures(
  size: Size,
  directory: string,
  say: (progress: string) => void,
): Promise<Figure[]> {
  const cell = await HollowCell.up({ directory, nodeGraceSeconds: SILENT_SECONDS });
  try {
    await cell.stopMaster();
    await fill(await cell.store(), size);
    say(`${size.nodes} nodes and ${size.pods} pods stand in etcd`);
    const startMs = performance.now();
    await cell.startMaster(PROFILE ? ['--cpu-prof', '--cpu-prof-dir', directory] : []);
    const readySeconds = (performance.now() - startMs) / 1000;
    const watch = await PodWatch.open(cell.access, 'bound');
    const body = pod({ namespace: 'default', name: 'first-after-restart' });
    await cell.client.json('POST', '/api/v1/namespaces/default/pods', { body });
    await watch.reached(1, BIND_WITHIN_MS);
    const seconds = (watch.lastMs - startMs) / 1000;
    watch.close();
    const { master = 0 } = await cpuUse({ master: ofProcess(cell.masterPid) });
    const resident = await residentMegabytes(cell.masterPid);
    say(
      `ready after ${readySeconds.toFixed(1)} s, a new pod bound after ${seconds.toFixed(1)} s, CPU ${master / 1000} s, RSS ${resident} MB`,
    );
    if (PROFILE) for (const line of await profileOf(cell, directory)) say(line);
    const name = `restart with ${size.pods.toLocaleString('en')} pods in etcd`;
    return [
      atMost(`${name}, until a new pod is bound`, seconds, 's', LIMIT_SECONDS),
      known(`${name}, CPU of the master until then`, master / 1000, 's'),
      known(`${name}, RSS of the master`, resident / 1000, 'GB'),
    ];
  } finally {
    await cell.down();
  }
}

/** What took the time of a master that was started with `--cpu-prof`. Ends it. */
async function profileOf(cell: HollowCell, directory: string): Promise<string[]> {
  await cell.stopMaster();
  const file = (await readdir(directory)).find((name) => name.endsWith('.cpuprofile'));
  return summary(JSON.parse(await readFile(join(directory, file ?? ''), 'utf8')) as Profile);
}

/** Straight into etcd, in the form the master stores: the API would take minutes. */
async function fill(store: Store, { nodes: nodeCount, pods: podCount, shapes }: Size): Promise<void> {
  const waiting: Promise<unknown>[] = [];
  const put = async <T extends ApiObject>(resource: ResourceDefinition<T>, object: T) => {
    const { namespace, name = '' } = metaOf(object);
    const key = storeKey(resource, namespace, name);
    const op = { type: 'put' as const, key, value: encodeObject(resource, object) };
    waiting.push(store.commit({ compares: [], ops: [op] }));
    if (waiting.length >= AT_ONCE) await Promise.all(waiting.splice(0));
  };
  for (let i = 0; i < nodeCount; i++)
    await put(nodes, storedNode(node({ name: `node-${i}`, zone: `zone${1 + (i % 3)}` })));
  for (let i = 0; i < podCount; i++) await put(pods, running(placedPod(i, nodeCount, shapes)));
  await Promise.all(waiting);
}

/** Without an owner: there is none in this etcd, and the garbage collector would notice. */
function running(pod: Pod): Pod {
  delete pod.metadata!.ownerReferences;
  const ready = [...(pod.status?.conditions ?? []), { type: 'Ready', status: 'True' as const }];
  pod.status = { ...pod.status, phase: 'Running', conditions: ready };
  return pod;
}
