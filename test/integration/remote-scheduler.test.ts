import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lease } from '../../api/coordination/lease.ts';
import { eventually } from '../eventually.ts';
import { HollowMaster } from '../hollow-master.ts';
import type { Program } from '../program.ts';

/** A lease of 15 s, a retry of 2 to 4.4 s, and what a killed process leaves: kube-scheduler's own times. */
const FAIL_OVER_MS = 20_000;
const PODS = '/api/v1/namespaces/default/pods';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler';

let master: HollowMaster;
beforeEach(async () => {
  master = await HollowMaster.create();
  await master.startMaster();
});
afterEach(() => master.destroy());

test('pods are bound through the API, by who may do no more than kube-scheduler', async () => {
  await master.addNodes(4);
  await master.startScheduler();
  await master.addPods('web', 40);
  const bound = await master.allBound('web', 40);
  expect(new Set(bound.map(({ spec }) => spec?.nodeName)).size).toBe(4);
  await eventually('every bind to be told as an event', async () => {
    const query = { fieldSelector: 'reason=Scheduled' };
    const { items } = await master.client.get<{ items: { source?: { component?: string } }[] }>(
      '/api/v1/namespaces/default/events',
      { query },
    );
    return items.length === 40 && items.every(({ source }) => source?.component === 'default-scheduler');
  });
});

test('a pod that fits nowhere is told why, and is placed when there is room', async () => {
  await master.addNodes(1, { cpu: '1' });
  await master.startScheduler();
  await master.addPods('big', 1, {}, '2');
  const condition = await eventually('a reason', async () =>
    (await master.pods('big'))[0]?.status?.conditions?.find(({ type }) => type === 'PodScheduled'),
  );
  expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
  expect(condition.message).toMatch(/cpu/i);
  await master.addNodes(1, { prefix: 'roomy' });
  const [pod] = await master.allBound('big', 1);
  expect(pod?.spec?.nodeName).toBe('roomy-0');
});

test('a more important pod gets its place from others, who are deleted and told why', async () => {
  const high = { metadata: { name: 'high' }, value: 1000 };
  await master.client.json('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body: high });
  await master.addNodes(1, { cpu: '1' });
  await master.startScheduler();
  await master.addPods('low', 2, { terminationGracePeriodSeconds: 600 }, '500m');
  await master.allBound('low', 2);
  await master.addPods('high', 1, { priorityClassName: 'high' }, '600m');
  const leaving = await eventually('both to be told to go', async () => {
    const low = (await master.pods('low')).filter(({ metadata }) => metadata?.deletionTimestamp);
    return low.length === 2 && low;
  });
  const target = expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' });
  for (const { status } of leaving) expect(status?.conditions).toContainEqual(target);
  await eventually('the place to be held', async () => (await master.pods('high'))[0]?.status?.nominatedNodeName);
  // What the node's agent would do once their containers have ended.
  const body = { gracePeriodSeconds: 0 };
  for (const { metadata } of leaving) await master.client.json('DELETE', `${PODS}/${metadata?.name}`, { body });
  const [pod] = await master.allBound('high', 1);
  expect(pod?.spec?.nodeName).toBe('hollow-0');
});

test('only pods that name it are placed', async () => {
  await master.addNodes(1);
  await master.startScheduler('--scheduler-name', 'mine', '--leader-elect', 'false');
  await master.addPods('other', 1);
  await master.addPods('mine', 1, { schedulerName: 'mine' });
  await master.allBound('mine', 1);
  expect((await master.pods('other'))[0]?.spec?.nodeName).toBeUndefined();
});

test('a restart of the master is survived: what was missed is heard, and pods go on being placed', async () => {
  await master.addNodes(2);
  await master.startScheduler();
  await master.addPods('before', 10);
  await master.allBound('before', 10);
  await master.stopMaster();
  await master.startMaster();
  const [gone] = await master.pods('before');
  await master.client.json('DELETE', `${PODS}/${gone?.metadata?.name}`, { body: { gracePeriodSeconds: 0 } });
  await master.addPods('after', 10);
  await master.allBound('after', 10, 60_000);
});

describe('of two, one leads', () => {
  const holder = async () => (await master.client.get<Lease>(LEASE)).spec?.holderIdentity;
  const hasTerm = (program: Program) => program.output.includes('this scheduler leads');

  async function two(): Promise<{ leader: Program; other: Program; identity: string }> {
    await master.addNodes(10, { pods: '40' });
    master.follow();
    const one = await master.startScheduler();
    const identity = await eventually('a leader', holder);
    const other = await master.startScheduler();
    expect([hasTerm(one), hasTerm(other)]).toEqual([true, false]);
    return { leader: one, other, identity };
  }

  const nothingTwice = () => {
    for (const places of master.placesOf.values()) expect(places.size).toBe(1);
  };

  test('and when it is killed, the other takes over in 20 s; nothing is bound twice', async () => {
    const { leader, other, identity } = await two();
    await master.addPods('old', 100, {}, '10m');
    await eventually('some to be bound', async () => (await master.pods('old')).some(({ spec }) => spec?.nodeName));
    await leader.end('SIGKILL');
    const diedMs = performance.now();
    await eventually('the other to lead', async () => (await holder()) !== identity, FAIL_OVER_MS + 5_000);
    expect(performance.now() - diedMs).toBeLessThan(FAIL_OVER_MS);
    await master.addPods('new', 250, {}, '10m');
    await Promise.all([master.allBound('old', 100), master.allBound('new', 250)]);
    const perNode = Map.groupBy(await master.pods(), ({ spec }) => spec?.nodeName);
    for (const pods of perNode.values()) expect(pods.length).toBeLessThanOrEqual(40);
    await eventually('all to be seen', () => master.placesOf.size === 350);
    nothingTwice();
    expect(hasTerm(other)).toBe(true);
  });

  test('and when it is stopped, the other takes over at once', async () => {
    const { leader, identity } = await two();
    expect(await leader.end()).toBe(0);
    const endedMs = performance.now();
    await eventually('the other to lead', async () => {
      const now = await holder();
      return now && now !== identity;
    });
    expect(performance.now() - endedMs).toBeLessThan(8_000);
    await master.addPods('after', 20);
    await master.allBound('after', 20);
    nothingTwice();
  });
});
