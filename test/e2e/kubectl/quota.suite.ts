import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';
import { pod } from './manifests.ts';

/** A team with quota. Its pods fit no node: what they ask for counts all the same, and nothing is started. */
export function quota(desk: () => Desk): void {
  const team = () => desk().in('quota-team');
  const asking = (name: string, cpu: string, priorityClassName?: string) =>
    pod(name, 'true', {
      spec: { priorityClassName, nodeSelector: { nowhere: 'true' } },
      container: { resources: { requests: { cpu } } },
    });
  const refusal = async (object: object) =>
    (await team().try('apply -f -', [], { input: JSON.stringify(object) })).stderr.trim();

  beforeAll(async () => {
    await desk().run('create namespace quota-team');
    await team().apply({
      apiVersion: 'stowage.dev/v1',
      kind: 'BandQuota',
      metadata: { name: 'granted' },
      spec: { hard: { production: { cpu: '1', pods: '5' } } },
    });
  });
  afterAll(async () => {
    await desk().run('delete namespace quota-team --timeout=60s');
  });

  test('is used up, shown, and says what would still fit', async () => {
    await team().apply(asking('first', '700m', 'production'));
    expect(await refusal(asking('second', '700m', 'production'))).toContain(
      'pods "second" is forbidden: exceeded quota: granted, band production: requested cpu=700m, used cpu=700m, ' +
        'limited cpu=1; 300m of cpu would fit; the free band has no limit (priorityClassName: free)',
    );
    await team().apply(asking('second', '300m', 'production'));
    await eventually('the quota to be shown as used up', async () => {
      const [, shown] = rows(await team().run('get bq'));
      return shown?.slice(0, 4).join(' | ') === 'granted | <none> | cpu 1/1, pods 2/5 | <none>';
    });
  });

  test('leaves other bands alone, and gives back what is deleted', async () => {
    expect(await team().apply(asking('whenever', '700m', 'free'))).toBe('pod/whenever created\n');
    expect(await team().apply(asking('later', '700m'))).toBe('pod/later created\n');
    await team().run('delete pod first');
    expect(await team().apply(asking('third', '700m', 'production'))).toBe('pod/third created\n');
  });

  test('cannot be granted for free', async () => {
    const patch = ['--type=merge', '-p', JSON.stringify({ spec: { hard: { free: { cpu: '1' } } } })];
    expect((await team().try('patch bandquota granted', patch)).stderr).toContain(
      'spec.hard.free: Forbidden: the free band has no limit',
    );
  });

  test('the policy is there, and is guarded', async () => {
    expect(await desk().value('get schedulingpolicy default', '.spec.bands[*].name')).toBe(
      'monitoring production batch free',
    );
    const patch = ['--type=merge', '-p', JSON.stringify({ spec: { bands: [{ name: 'free' }] } })];
    expect((await desk().try('patch schedulingpolicy default', patch)).stderr).toContain(
      'spec.bands: Required value: band monitoring is not listed; all four bands must be',
    );
  });
}
