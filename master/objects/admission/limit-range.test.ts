import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LimitRangeItem, limitRanges } from '../../../api/core/limit-range.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { ResourceRequirements } from '../../../api/core/resource-requirements.ts';
import { claimOf } from '../../../api/sample.suite.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';

const CONTEXT = { user: 'tester' };
let cell: AdmittingCell;
beforeEach(async () => {
  cell = await admittingCell();
});
afterEach(() => cell.stop());

const bound = (...limits: LimitRangeItem[]) =>
  cell.objects.create(limitRanges, { metadata: { name: 'bounds', namespace: 'team' }, spec: { limits } }, CONTEXT);
const podOf = (...resources: ResourceRequirements[]): Pod => ({
  metadata: { name: 'web', namespace: 'team' },
  spec: { containers: resources.map((each, index) => ({ name: `c${index}`, image: 'a:1', resources: each })) },
});
const create = (...resources: ResourceRequirements[]) => cell.objects.create(pods, podOf(...resources), CONTEXT);
const refusal = (...resources: ResourceRequirements[]) => outcome(create(...resources));

describe('containers that say nothing', () => {
  test('get the defaults, and it is said on the pod', async () => {
    await bound({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '500m' } });
    const pod = await create({}, { limits: { cpu: '2' } });
    expect(pod.spec?.containers.map(({ resources }) => resources)).toEqual([
      { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
      { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2', memory: '1Gi' } },
    ]);
    expect(pod.metadata?.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; ' +
        'memory request for container c1; memory limit for container c1',
    });
    expect(pod.status?.qosClass).toBe('Burstable');
  });

  test('get the most where there is no other default', async () => {
    await bound({ type: 'Container', max: { cpu: '1' }, min: { cpu: '100m' } });
    expect((await create({})).spec?.containers[0]?.resources).toEqual({ limits: { cpu: '1' }, requests: { cpu: '1' } });
  });
});

describe('bounds', () => {
  test.each<[string, LimitRangeItem, ResourceRequirements[], string]>([
    [
      'too much',
      { type: 'Container', max: { cpu: '1' } },
      [{ limits: { cpu: '2' } }],
      'pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      'too little',
      { type: 'Container', min: { memory: '1Gi' } },
      [{ requests: { memory: '1Mi' } }],
      'pods "web" is forbidden: minimum memory usage per Container is 1Gi, but request is 1Mi',
    ],
    [
      'too far apart',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      [{ requests: { cpu: '100m' }, limits: { cpu: '300m' } }],
      'pods "web" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
    [
      'together too much',
      { type: 'Pod', max: { cpu: '1' } },
      [{ limits: { cpu: '600m' } }, { limits: { cpu: '600m' } }],
      'pods "web" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
    [
      'unsaid',
      { type: 'Pod', max: { cpu: '1' }, min: { memory: '1Gi' } },
      [{}],
      'pods "web" is forbidden: [minimum memory usage per Pod is 1Gi.  No request is specified, ' +
        'maximum cpu usage per Pod is 1.  No limit is specified]',
    ],
  ])('%s', async (_, item, resources, message) => {
    await bound(item);
    expect(await refusal(...resources)).toBe(message);
  });

  test('of claims, also when they grow', async () => {
    await bound({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
    const claim = (storage: string) => ({
      ...claimOf({ resources: { requests: { storage } } }),
      metadata: { name: 'data', namespace: 'team' },
    });
    const make = (storage: string) =>
      outcome(cell.objects.create(persistentVolumeClaims, claim(storage) as never, CONTEXT));
    expect(await make('3Gi')).toBe(
      'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    expect(await make('512Mi')).toContain('minimum storage usage');
    expect(await make('1Gi')).toBe('done');
  });

  test('what is within them is let in, and what is elsewhere', async () => {
    await bound({ type: 'Container', max: { cpu: '1' }, min: { cpu: '100m' }, maxLimitRequestRatio: { cpu: '10' } });
    expect(await refusal({ requests: { cpu: '100m' }, limits: { cpu: '1' } })).toBe('done');
    const pod = podOf({ limits: { cpu: '9' } });
    pod.metadata = { name: 'web', namespace: 'default' };
    expect(await outcome(cell.objects.create(pods, pod, CONTEXT))).toBe('done');
  });
});
