import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SchedulingPolicy } from '../../../api/stowage/scheduling-policy.ts';
import { eventually } from '../../eventually.ts';
import { rows } from '../kubectl/desk.ts';
import type { Stage } from './stage.ts';

/** What the cell's owner decides: how bands are packed, and who may have how much of them. */
export function policy(cell: () => Stage): void {
  let stage: Stage;

  const patch = (...operations: object[]) =>
    stage.desk.run('patch schedulingpolicy default --type=json', '-p', JSON.stringify(operations));
  const change = (path: string, value: string) => patch({ op: 'replace', path: `/spec/bands/${path}`, value });
  const PRODUCTION = { priorityClassName: 'production' };

  beforeAll(async () => {
    stage = await cell().enter('policy');
  });

  test('what the cell starts with is what is documented', async () => {
    const text = await readFile(new URL('../../../docs/QUOTA-AND-BANDS.md', import.meta.url), 'utf8');
    const [documented, quota] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => parse(yaml!));
    const found = await stage.desk.json<SchedulingPolicy>('get schedulingpolicy default');
    expect(found.spec).toEqual(documented.spec);
    expect(
      await stage.desk.feed('create --dry-run=server -f -', { ...quota, metadata: { name: 'example' } }),
    ).toContain('bandquota.stowage.dev/example created');
    const classes = [...text.matchAll(/^\| (\w+) \| -?[\d,]+ \| `(\w+)` (-?[\d,]+)/gm)];
    expect(classes.map(([, band]) => band)).toEqual(['monitoring', 'production', 'batch', 'free']);
    for (const [, , name, value] of classes)
      expect(await stage.desk.value(`get priorityclass ${name}`, '.value')).toBe(value!.replaceAll(',', ''));
    const second = JSON.stringify({ ...documented, metadata: { name: 'second' } });
    const { code, stderr } = await stage.desk.try('create --dry-run=server -f -', [], { input: second });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: .*default/);
  });

  test('how batch is packed: a change holds for the next pod', async () => {
    await stage.apply(stage.pod('one', { cpu: 0.2, memory: 0.2 }), stage.pod('two', { cpu: 0.2, memory: 0.2 }));
    const node = await stage.placed('one');
    expect(await stage.placed('two')).toBe(node);
    await change('2/scoring', 'Spread');
    await stage.apply(stage.pod('three', { cpu: 0.2, memory: 0.2 }));
    expect(await stage.placed('three')).not.toBe(node);
    await change('2/scoring', 'Balanced');
    await stage.apply(stage.pod('four', { cpu: 0.2, memory: 0.2 }));
    expect(await stage.placed('four')).toBe(node);
  });

  test('how this pod is packed: it may name a profile, and waits for one that is not there', async () => {
    const node = await stage.placed('one');
    await stage.apply(
      stage.pod('loner', { cpu: 0.1, memory: 0.1, spec: { schedulerName: 'stowage-spread' } }),
      stage.pod('stranger', { spec: { schedulerName: 'somebody-else' } }),
    );
    expect(await stage.placed('loner')).not.toBe(node);
    expect(await stage.why('stranger')).toBe('no profile for schedulerName somebody-else\n');
    const before = await stage.desk.run('get schedulingpolicy default', '-o', 'jsonpath={.spec.profiles}');
    await patch({ op: 'add', path: '/spec/profiles/-', value: { schedulerName: 'somebody-else' } });
    await stage.placed('stranger');
    await patch({ op: 'replace', path: '/spec/profiles', value: JSON.parse(before) });
    await stage.desk.run('delete pods --all --wait=false');
  });

  test('a Deployment gets as many production pods as are granted, and hears what would fit', async () => {
    await stage.apply(
      {
        apiVersion: 'stowage.dev/v1',
        kind: 'BandQuota',
        metadata: { name: 'granted' },
        spec: { hard: { production: { cpu: '100m', pods: '10' } } },
      },
      stage.deployment('web', 3, { container: { resources: { requests: { cpu: '40m' } } }, spec: PRODUCTION }),
    );
    await eventually('two pods', async () => (await stage.nodesOf('app=web')).length === 2);
    const refusal = await eventually('the refusal in the events', async () => {
      const said = await stage.desk.value('get events --field-selector reason=FailedCreate', '.items[0].message');
      return said !== '' && said;
    });
    expect(refusal).toContain(
      'is forbidden: exceeded quota: granted, band production: requested cpu=40m, used cpu=80m, limited cpu=100m; ' +
        '20m of cpu would fit; the free band has no limit (priorityClassName: free)',
    );
    await eventually('the use to be shown', async () => {
      const [, shown] = rows(await stage.desk.run('get bandquotas'));
      return shown?.slice(0, 4).join(' | ') === 'granted | <none> | cpu 80m/100m, pods 2/10 | <none>';
    });
    await stage.desk.run('patch bq granted --type=merge', '-p', '{"spec":{"hard":{"production":{"cpu":"1"}}}}');
    await eventually('the third pod', async () => (await stage.nodesOf('app=web')).length === 3);
  });

  test('a band that requires quota is closed to whoever has none', async () => {
    await stage.desk.run('delete bq granted');
    await change('1/quota', 'Required');
    const asked = JSON.stringify(stage.pod('poor', { spec: PRODUCTION }));
    const { code, stderr } = await stage.desk.try('apply -f -', [], { input: asked });
    expect(code).toBe(1);
    expect(stderr).toContain('pods "poor" is forbidden');
    expect(stderr).toContain('band production');
    await change('1/quota', 'WhenSet');
    await stage.apply(stage.pod('poor', { spec: PRODUCTION }));
    await stage.placed('poor');
  });
}
