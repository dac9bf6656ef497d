import type { Pod } from '../../api/core/pod.ts';
import { watch } from '../../client/watching.ts';
import { eventually } from '../../test/eventually.ts';
import type { OneMaster } from '../../test/masters.ts';
import { atMost, type Figure, known, median } from '../report.ts';
import { node, pod } from '../scheduler/objects.ts';
import { MastersCell } from './cell.ts';

const ROUNDS = 7;
const LIMIT_SECONDS = 3;
const PODS = '/api/v1/namespaces/default/pods';
/** Nobody speaks for a node that is an object alone. */
const SILENT_SECONDS = '86400';
const WITHIN_MS = 60_000;

/** From the SIGKILL of the master that leads the scheduler to the place of a pod that was made after it. */
export async function leaderFailover(dockerHost: string, say: (progress: string) => void): Promise<Figure[]> {
  const cell = await MastersCell.up(3, dockerHost, ['--node-grace', SILENT_SECONDS]);
  try {
    const [first] = cell.masters as [OneMaster];
    const nodes = Array.from({ length: 10 }, (_, i) => node({ name: `node-${i}` }));
    for (const body of nodes) await cell.client(first).json('POST', '/api/v1/nodes', { body });
    const account = { metadata: { name: 'default' } };
    await cell
      .client(first)
      .json('POST', '/api/v1/namespaces/default/serviceaccounts', { body: account })
      .catch(() => undefined);
    const seconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      seconds.push(await oneFailover(cell, `after-${round}`));
      say(`leader killed: a pod placed after ${seconds.at(-1)!.toFixed(2)} s`);
    }
    return [
      atMost('leader killed, until its successor has placed a pod, median', median(seconds), 's', LIMIT_SECONDS),
      known('leader killed, until its successor has placed a pod, slowest', Math.max(...seconds), 's'),
    ];
  } finally {
    await cell.down();
  }
}

async function oneFailover(cell: MastersCell, name: string): Promise<number> {
  const leader = await eventually('a leader', () => cell.leader('scheduler'), WITHIN_MS);
  const other = cell.masters.find((master) => master !== leader)!;
  const client = cell.client(other);
  const done = new AbortController();
  const list = await client.get<{ metadata: { resourceVersion: string } }>(PODS);
  const query = { resourceVersion: list.metadata.resourceVersion };
  const placed = (async () => {
    for await (const { object } of watch<Pod>(client, PODS, { query, signal: done.signal })) {
      if (object.metadata?.name === name && object.spec?.nodeName) return performance.now();
    }
    throw new Error('the watch ended before the pod had a place');
  })();
  await leader.kill();
  const killedMs = performance.now();
  await client.json('POST', PODS, { body: pod({ namespace: 'default', name }) });
  const seconds = ((await placed) - killedMs) / 1_000;
  done.abort(new Error('it is placed'));
  await leader.start();
  return seconds;
}
