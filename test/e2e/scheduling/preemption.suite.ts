import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { eventually } from '../../eventually.ts';
import { PodDiary } from './pod-diary.ts';
import { on, type Part, type Stage } from './stage.ts';

/** Takes its time to go, and leaves a sign of having been asked. */
const OBEDIENT = 'trap "sleep 0.5; exit 7" TERM; while :; do sleep 0.1; done';
const PRODUCTION = { priorityClassName: 'production' };

/** A cell that batch work fills: two pods of almost half a node on each of the two nodes. */
export function preemption(cell: () => Stage): void {
  let stage: Stage;
  let diary: PodDiary;

  /** One on each node. */
  const filling = (app: string): Part => {
    const evenly = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app } },
    };
    const spec = { priorityClassName: 'batch', topologySpreadConstraints: [evenly] };
    return { cpu: 0.45, script: OBEDIENT, spec };
  };
  const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((one) => one.type === type);
  const nameOn = async (app: string, nodeName: string) =>
    stage.desk.value(`get pods -l app=${app} --field-selector spec.nodeName=${nodeName}`, '.items[0].metadata.name');
  const ofApp = async (app: string) => (await stage.desk.json<{ items: Pod[] }>(`get pods -l app=${app}`)).items;

  beforeAll(async () => {
    stage = await cell().enter('preemption');
  });
  afterAll(async () => {
    await diary?.close();
    await stage?.leave();
  });

  describe('production and batch', () => {
    let victims: string[];

    beforeAll(async () => {
      await stage.apply(stage.deployment('web', 2, filling('web')), stage.job('crunch', 2, filling('crunch')));
      await eventually('all four to be there', async () => (await stage.nodesOf('app')).length === 4);
      await stage.running('-l app');
      expect((await stage.nodesOf('app')).sort()).toEqual(['n1', 'n1', 'n2', 'n2']);
      victims = [await nameOn('web', 'n1'), await nameOn('crunch', 'n1')];
      diary = await PodDiary.open(stage.desk);
    });

    test('production pushes batch out, with its grace', async () => {
      await stage.apply(stage.pod('front', { cpu: 0.9, spec: { ...PRODUCTION, ...on('n1') } }));
      await stage.running('front');
      for (const name of victims) {
        const last = await diary.gone(name);
        expect(conditionOf(last, 'DisruptionTarget')).toMatchObject({
          status: 'True',
          reason: 'PreemptionByScheduler',
        });
        expect(last.metadata?.deletionGracePeriodSeconds).toBe(10);
        // It has heard SIGTERM, and had its time to answer.
        expect(last.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(7);
      }
      const waited = diary.of('front').filter(({ spec }) => !spec?.nodeName);
      expect(waited.at(-1)?.status?.nominatedNodeName).toBe('n1');
      expect(diary.of('front').at(-1)?.status?.nominatedNodeName).toBeUndefined();
    });

    test('which is told in events', async () => {
      const reasons = await eventually('events of both', async () => {
        const path = '{range .items[*]}{.involvedObject.name} {.message}{"\\n"}{end}';
        const said = await stage.desk.run('get events --field-selector reason=Preempted', '-o', `jsonpath=${path}`);
        return said.trim().split('\n').length === victims.length && said.trim().split('\n');
      });
      expect(reasons.sort()).toEqual(victims.map((name) => `${name} Preempted by preemption/front on node n1`).sort());
    });

    test('those pushed out wait, and hear why', async () => {
      const waiting = await eventually('another pod of the Deployment', async () =>
        (await ofApp('web')).find(({ spec }) => !spec?.nodeName),
      );
      const name = waiting.metadata!.name!;
      const reasons = "1 node(s) didn't match pod topology spread constraints, 2 Insufficient cpu";
      expect(await stage.refused(name)).toContain(`0/2 nodes are available: ${reasons}. Nearest: n1 lacks cpu: asks`);
      const why = await stage.why(name);
      expect(why.split('\n').slice(0, 4)).toEqual([
        `0/2 nodes are available: ${reasons}.`,
        'Reasons:',
        '  2  Insufficient cpu',
        "  1  node(s) didn't match pod topology spread constraints",
      ]);
      expect(why).toMatch(/^Nearest: n1 lacks cpu: asks \S+, has \S+ free of \S+$/m);
      expect(why).toMatch(/^ {2}fits on n1 if cpu <= \d+m$/m);
      expect(why).toMatch(/^ {2}would preempt 1 batch pod on n2 if its priority were 100001$/m);
    });

    test('production does not push out production, however important', async () => {
      await stage.apply(
        { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'urgent' }, value: 20_000_000 },
        stage.pod('urgent', { cpu: 0.45, spec: { priorityClassName: 'urgent', ...on('n1') } }),
      );
      expect(await stage.refused('urgent')).toContain('1 Insufficient cpu');
      expect(await stage.desk.value('get pod front', '.metadata.deletionTimestamp')).toBe('');
      expect(await stage.desk.value('get pod urgent', '.status.nominatedNodeName')).toBe('');
    });

    test('nor does a pod whose preemptionPolicy is Never push out any', async () => {
      await stage.apply(
        {
          apiVersion: 'scheduling.k8s.io/v1',
          kind: 'PriorityClass',
          metadata: { name: 'polite' },
          value: 10_000_000,
          preemptionPolicy: 'Never',
        },
        stage.pod('polite', { cpu: 0.45, spec: { priorityClassName: 'polite', ...on('n2') } }),
      );
      expect(await stage.refused('polite')).toContain(
        'would preempt 1 batch pod on n2 if its preemptionPolicy were not Never',
      );
      expect(await nameOn('web', 'n2')).not.toBe('');
      expect(await nameOn('crunch', 'n2')).not.toBe('');
    });

    test('when production goes, batch is back', async () => {
      await stage.desk.run('delete pods urgent polite front');
      // A Job waits for a while before it replaces a pod that was pushed out.
      await eventually('both pods of each to run', async () => {
        const all = [...(await ofApp('web')), ...(await ofApp('crunch'))];
        return all.filter(({ status }) => status?.phase === 'Running').length === 4;
      });
      await stage.desk.run('delete deployment,job --all');
      await stage.desk.run('delete pods --all --now');
      await stage.desk.run('delete priorityclass urgent polite');
    });
  });

  test('a disruption budget turns the choice to others, and does not save those who are the last', async () => {
    const batch = { cpu: 0.45, spec: { priorityClassName: 'batch', ...on('n2') } };
    await stage.apply(stage.pod('loose', batch));
    await stage.running('loose');
    // The younger of the two would have to go, were it not for its budget.
    await stage.apply(stage.pod('kept', batch), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'kept' },
      spec: { minAvailable: 1, selector: { matchLabels: { name: 'kept' } } },
    });
    await stage.running('kept');
    await stage.desk.run('wait pdb kept --for=jsonpath={.status.currentHealthy}=1 --timeout=10s');
    await stage.apply(stage.pod('first', { cpu: 0.45, spec: { ...PRODUCTION, ...on('n2') } }));
    await stage.running('first');
    await diary.gone('loose');
    expect(await stage.desk.value('get pod kept', '.metadata.deletionTimestamp')).toBe('');
    await stage.apply(stage.pod('second', { cpu: 0.45, spec: { ...PRODUCTION, ...on('n2') } }));
    await stage.running('second');
    await diary.gone('kept');
  });
}
