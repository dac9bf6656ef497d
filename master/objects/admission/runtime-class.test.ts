import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import { runtimeClasses } from '../../../api/node/runtime-class.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';

const CONTEXT = { user: 'tester' };
const TOLERATION = { key: 'vm', operator: 'Exists' } as const;

let cell: AdmittingCell;
beforeEach(async () => {
  cell = await admittingCell();
  await cell.objects.create(
    runtimeClasses,
    {
      metadata: { name: 'vm' },
      handler: 'vm',
      overhead: { podFixed: { cpu: '250m', memory: '100Mi' } },
      scheduling: { nodeSelector: { disk: 'ssd' }, tolerations: [TOLERATION] },
    },
    CONTEXT,
  );
  await cell.objects.create(runtimeClasses, { metadata: { name: 'plain' }, handler: 'runc' }, CONTEXT);
  await cell.settled();
});
afterEach(() => cell.stop());

const create = (fields: object): Promise<Pod> =>
  cell.objects.create(
    pods,
    {
      metadata: { name: 'a', namespace: 'team' },
      spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '1' } } }], ...fields },
    } as Pod,
    CONTEXT,
  );

test('a pod gets what its class says of cost and nodes', async () => {
  const made = await create({ runtimeClassName: 'vm', nodeSelector: { zone: 'a' }, tolerations: [TOLERATION] });
  expect(made.spec).toMatchObject({
    overhead: { cpu: '250m', memory: '100Mi' },
    nodeSelector: { zone: 'a', disk: 'ssd' },
  });
  expect(made.spec?.tolerations?.filter(({ key }) => key === 'vm')).toEqual([TOLERATION]);
  expect(podRequests(made)).toEqual({ cpu: '1250m', memory: '100Mi' });
});

test('a class that says nothing of placement changes nothing', async () => {
  const { spec } = await create({ runtimeClassName: 'plain' });
  expect([spec?.overhead, spec?.nodeSelector]).toEqual([undefined, undefined]);
});

test.each<[string, object, string]>([
  [
    'a class that is not there',
    { runtimeClassName: 'none' },
    'pods "a" is forbidden: pod rejected: RuntimeClass "none" not found: create it, or leave out spec.runtimeClassName',
  ],
  [
    'another overhead',
    { runtimeClassName: 'vm', overhead: { cpu: '1' } },
    'pods "a" is forbidden: pod rejected: its overhead {"cpu":"1"} is not that of RuntimeClass vm, {"cpu":"250m","memory":"100Mi"}: leave out spec.overhead',
  ],
  [
    'other nodes',
    { runtimeClassName: 'vm', nodeSelector: { disk: 'hdd' } },
    'pods "a" is forbidden: pod rejected: conflict: runtimeClass.scheduling.nodeSelector[disk] = ssd; pod.spec.nodeSelector[disk] = hdd',
  ],
])('%s is refused', async (_, fields, why) => {
  expect(await outcome(create(fields))).toBe(why);
});
