import type { Pod } from '../../api/core/pod.ts';
import { Engine, TEST_IMAGE } from '../../test/docker.ts';
import { eventually } from '../../test/eventually.ts';
import type { OneMaster } from '../../test/masters.ts';
import { atMost, type Figure, known, median } from '../report.ts';
import { MastersCell } from './cell.ts';

const ROUNDS = 3;
const LIMIT_SECONDS = 15;
const WITHIN_MS = 120_000;
const NAMES = ['n0', 'n1'];

const deployment = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: TEST_IMAGE, command: ['sleep', '1000'] }],
      },
    },
  },
};

/**
 * From the moment a machine says no more (its agent stands still, its connections are held) or its agent is killed, to its pod running on
 * the other, with all settings as they are by default.
 */
export async function nodeLoss(dockerHost: string, say: (progress: string) => void): Promise<Figure[]> {
  await new Engine(dockerHost).ensureTestImage();
  const cell = await MastersCell.up(1, dockerHost);
  const [master] = cell.masters as [OneMaster];
  const client = cell.client(master);
  try {
    const line = await cell.cell.invitation(master);
    for (const name of NAMES) await cell.cell.startAgent(name, line);
    await client.json('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment });
    const silent: number[] = [];
    const killed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      silent.push(await lose(cell, 'SIGSTOP', line));
      killed.push(await lose(cell, 'SIGKILL', line));
      say(`silent machine: ${silent.at(-1)!.toFixed(1)} s; agent killed: ${killed.at(-1)!.toFixed(1)} s`);
    }
    return [
      atMost('machine silent, until its pod runs elsewhere, median', median(silent), 's', LIMIT_SECONDS),
      known('machine silent, until its pod runs elsewhere, slowest', Math.max(...silent), 's'),
      atMost('agent killed, until its pod runs elsewhere, median', median(killed), 's', LIMIT_SECONDS),
    ];
  } finally {
    await cell.down();
  }
}

async function lose(cell: MastersCell, signal: 'SIGSTOP' | 'SIGKILL', line: readonly string[]): Promise<number> {
  const [master] = cell.masters as [OneMaster];
  const where = async () => {
    const { items } = await cell.client(master).get<{ items: Pod[] }>('/api/v1/namespaces/default/pods');
    const runs = items.filter(({ metadata, status }) => status?.phase === 'Running' && !metadata?.deletionTimestamp);
    return runs.length === 1 && items.length === 1 ? runs[0]?.spec?.nodeName : undefined;
  };
  for (const name of NAMES) await cell.cell.nodeIs(master, name, 'Ready', WITHIN_MS);
  const before = await eventually('one pod to run', where, WITHIN_MS);
  const agent = cell.cell.agents.get(before)!;
  agent.child.kill(signal);
  const startMs = performance.now();
  const elsewhere = async () => {
    const { items } = await cell.client(master).get<{ items: Pod[] }>('/api/v1/namespaces/default/pods');
    return items.some(({ spec, status }) => spec?.nodeName !== before && status?.phase === 'Running');
  };
  await eventually('the pod to run elsewhere', elsewhere, WITHIN_MS);
  const seconds = (performance.now() - startMs) / 1_000;
  if (signal === 'SIGSTOP') agent.child.kill('SIGCONT');
  else await cell.cell.startAgent(before, line);
  return seconds;
}
