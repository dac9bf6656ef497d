import { beforeAll, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { eventually } from '../../eventually.ts';
import type { Stage } from './stage.ts';

/** Pods that fail on one node again and again are tried on the other: three times within ten minutes, unless the policy says otherwise. */
export function crashes(cell: () => Stage): void {
  let stage: Stage;

  const podsOf = async (app: string) => (await stage.desk.json<{ items: Pod[] }>(`get pods -l app=${app}`)).items;
  const isLooping = ({ status }: Pod) =>
    status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff') ?? false;

  beforeAll(async () => {
    stage = await cell().enter('crashes');
  });

  test('replicas that were left in a loop of crashes', async () => {
    await stage.apply(stage.deployment('ill', 3, { cpu: 0.02, memory: 0.02, script: 'exit 1' }));
    const first = await eventually('three pods in a loop of crashes', async () => {
      const pods = await podsOf('ill');
      return pods.length === 3 && pods.every(isLooping) && pods;
    });
    const nodes = new Set(first.map(({ spec }) => spec?.nodeName));
    expect(nodes.size).toBe(1);
    await stage.desk.run('delete pods -l app=ill --now');
    const second = await eventually('three more', async () => {
      const pods = (await podsOf('ill')).filter(({ metadata }) => !metadata?.deletionTimestamp);
      return pods.length === 3 && pods.every(({ spec }) => spec?.nodeName) && pods;
    });
    // The first replacements may come before the third crash has been told of; whoever comes after that goes elsewhere.
    const last = second.filter(({ spec }) => !nodes.has(spec?.nodeName));
    expect(last.length).toBeGreaterThan(0);
    await stage.desk.run('delete deployment ill');
  });
}
