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
    const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }];
    const preferred = [{ weight: 100, preference: { matchExpressions } }];
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
    await stage.apply(stage.deployment('ill', 3, { script: 'exit 1', spec: { affinity } }));
    const first = await eventually('three pods in a loop of crashes', async () => {
      const pods = await podsOf('ill');
      return pods.length === 3 && pods.every(isLooping) && pods;
    });
    expect(first.map(({ spec }) => spec?.nodeName)).toEqual(['n1', 'n1', 'n1']);
    await stage.desk.run('delete pods -l app=ill --now');
    await stage.desk.run('scale deployment ill --replicas=4');
    // The first replacements may come before the third crash has been told of; whoever comes after that goes elsewhere.
    const last = await eventually('the fourth', async () => {
      const pods = (await podsOf('ill')).filter(({ spec, metadata }) => spec?.nodeName && !metadata?.deletionTimestamp);
      return pods.length === 4 && pods.map(({ spec }) => spec?.nodeName);
    });
    expect(last).toContain('n2');
  });
}
