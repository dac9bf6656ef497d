import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitRanges } from '../../../api/core/limit-range.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { resourceQuotas } from '../../../api/core/resource-quota.ts';
import { bandQuotas } from '../../../api/stowage/band-quota.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';

const CONTEXT = { user: 'tester' };
const metadata = { name: 'share', namespace: 'team' };
let cell: AdmittingCell;
beforeEach(async () => {
  cell = await admittingCell();
});
afterEach(() => cell.stop());

const podOf = (name: string, cpu: string): Pod => ({
  metadata: { name, namespace: 'team' },
  spec: { containers: [{ name: 'main', image: 'a:1', resources: { requests: { cpu } } }] },
});
const create = async (name: string, cpu: string) => {
  await cell.objects.create(pods, podOf(name, cpu), CONTEXT);
  await cell.settled();
};
const resize = (name: string, cpu: string, part: 'resize' | 'main' = 'resize') => {
  const change = (pod: Pod) => {
    pod.spec!.containers[0]!.resources = { requests: { cpu } };
  };
  return outcome(cell.objects.update(pods, 'team', name, change, CONTEXT, { part }));
};

test('requests change through the subresource, and not through the pod', async () => {
  await create('one', '1');
  expect(await resize('one', '2', 'main')).toContain('pod updates may not change fields');
  expect(await resize('one', '2')).toBe('done');
  await cell.settled();
  const found = cell.cache.get(pods, 'team', 'one');
  expect(found?.spec?.containers[0]?.resources).toEqual({ requests: { cpu: '2' } });
  expect(found?.metadata?.generation).toBe(2);
});

test('limit ranges hold for what is asked then', async () => {
  await create('one', '1');
  const limits = [{ type: 'Container' as const, max: { cpu: '2' } }];
  await cell.objects.create(limitRanges, { metadata, spec: { limits } } as never, CONTEXT);
  await cell.settled();
  expect(await resize('one', '3')).toContain('maximum cpu usage per Container is 2');
});

describe.each<[string, () => Promise<unknown>]>([
  [
    'a resource quota',
    () => cell.objects.create(resourceQuotas, { metadata, spec: { hard: { 'requests.cpu': '4' } } }, CONTEXT),
  ],
  [
    'a quota of a band',
    () => cell.objects.create(bandQuotas, { metadata, spec: { hard: { batch: { cpu: '4' } } } } as never, CONTEXT),
  ],
])('%s', (_what, grant) => {
  beforeEach(async () => {
    await grant();
    await create('one', '1');
    await create('two', '2');
  });

  test('counts only what is asked for beyond what the pod has', async () => {
    expect(await resize('two', '3')).toBe('done');
    await cell.settled();
    expect(await resize('one', '2')).toMatch(/exceeded quota/);
    expect(await resize('two', '2')).toBe('done');
    await cell.settled();
    expect(await resize('one', '2')).toBe('done');
  });

  test('is not overrun by two at once', async () => {
    const done = await Promise.all([resize('one', '2'), resize('two', '3')]);
    expect(done.filter((one) => one === 'done')).toHaveLength(1);
  });

  test('is not charged for one that is refused', async () => {
    const gone = (pod: Pod) => {
      pod.spec!.containers[0]!.resources = { requests: { cpu: '2', 'a/b': '1' } };
    };
    expect(await outcome(cell.objects.update(pods, 'team', 'one', gone, CONTEXT, { part: 'resize' }))).not.toBe('done');
    expect(await resize('two', '3')).toBe('done');
  });
});
