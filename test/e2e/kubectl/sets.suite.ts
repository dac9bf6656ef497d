import { describe, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';
import { deployment, job } from './manifests.ts';

/** Sets of pods with names, one on each node, or made by the clock: with pods that really run. */
export function sets(desk: () => Desk): void {
  const podsOf = async (app: string) =>
    (await desk().value(`get pods -l app=${app} --sort-by=.metadata.name`, '.items[*].metadata.name')).split(' ');

  const roundOf = (pod: string) => desk().run(`exec ${pod} -- sh -c`, 'echo $ROUND');

  describe('a StatefulSet', () => {
    const named = { ...deployment('db', 2), kind: 'StatefulSet' };
    const spec = { ...named.spec, serviceName: 'db' };

    test('comes up in order, with names that stay', async () => {
      expect(await desk().apply({ ...named, spec })).toBe('statefulset.apps/db created\n');
      expect(await desk().run('rollout status statefulset/db --timeout=60s')).toMatch(
        /rolling update complete|partitioned roll out complete/,
      );
      expect(rows(await desk().run('get statefulset db'))).toEqual([
        ['NAME', 'READY', 'AGE'],
        ['db', '2/2', expect.any(String)],
      ]);
      expect(await podsOf('db')).toEqual(['db-0', 'db-1']);
      const before = await desk().value('get pod db-0', '.metadata.uid');
      await desk().run('delete pod db-0');
      await eventually('another under its name', async () => (await desk().try('get pod db-0')).code === 0);
      await desk().run('wait --for=condition=Ready pod/db-0 --timeout=60s');
      expect(await desk().value('get pod db-0', '.metadata.uid')).not.toBe(before);
      expect(await desk().run('exec db-1 -- cat /etc/hostname')).toBe('db-1\n');
    });

    test('rolls, goes back and shrinks', async () => {
      await desk().run('set env statefulset/db ROUND=2');
      await desk().run('rollout status statefulset/db --timeout=90s');
      expect(await roundOf('db-0')).toBe('2\n');
      expect(await desk().run('rollout history statefulset/db')).toMatch(/^1 .*\n2 /m);
      await desk().run('rollout undo statefulset/db');
      await desk().run('rollout status statefulset/db --timeout=90s');
      expect(await roundOf('db-0')).toBe('\n');
      await desk().run('scale statefulset db --replicas=1');
      await desk().run('wait --for=delete pod/db-1 --timeout=60s');
      expect(await podsOf('db')).toEqual(['db-0']);
      await desk().run('delete statefulset db --wait --cascade=foreground');
      await desk().run('wait --for=delete pod -l app=db --timeout=60s');
    });
  });

  test('a DaemonSet has a pod on the node, rolls and goes back', async () => {
    const { replicas: _, ...spec } = deployment('logs', 1).spec;
    expect(await desk().apply({ ...deployment('logs', 1), kind: 'DaemonSet', spec })).toBe(
      'daemonset.apps/logs created\n',
    );
    expect(await desk().run('rollout status daemonset/logs --timeout=60s')).toMatch(/successfully rolled out/);
    expect(rows(await desk().run('get daemonset logs'))[1]?.slice(0, 6)).toEqual(['logs', '1', '1', '1', '1', '1']);
    await desk().run('set env daemonset/logs ROUND=2');
    await desk().run('rollout status daemonset/logs --timeout=90s');
    await desk().run('rollout undo daemonset/logs');
    await desk().run('rollout status daemonset/logs --timeout=90s');
    expect(
      rows(await desk().run('rollout history daemonset/logs'))
        .slice(2)
        .map(([revision]) => revision),
    ).toEqual(['2', '3']);
    await desk().run('delete daemonset logs');
    await desk().run('wait --for=delete pod -l app=logs --timeout=60s');
  });

  test('a CronJob makes jobs, by the clock and by hand', async () => {
    const { spec } = job('tick', 'exit 0');
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: {
        schedule: '@every 2s',
        successfulJobsHistoryLimit: 1,
        jobTemplate: { metadata: { labels: { app: 'tick' } }, spec },
      },
    };
    expect(await desk().apply(cronJob)).toBe('cronjob.batch/tick created\n');
    await eventually(
      'a success',
      async () => (await desk().value('get cronjob tick', '.status.lastSuccessfulTime')) !== '',
    );
    expect(await desk().run('patch cronjob tick -p', '{"spec":{"suspend":true}}')).toBe('cronjob.batch/tick patched\n');
    await desk().run('create job once --from=cronjob/tick');
    await desk().run('wait --for=condition=Complete job/once --timeout=60s');
    await desk().run('delete cronjob tick');
    await desk().run('delete job once --ignore-not-found');
    await desk().run('wait --for=delete job -l app=tick --timeout=60s');
  });

  test('a ReplicationController keeps its pods', async () => {
    const { template } = deployment('old', 1).spec;
    const controller = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' } };
    await desk().apply({ ...controller, spec: { replicas: 1, selector: { app: 'old' }, template } });
    await desk().run('wait --for=jsonpath={.status.readyReplicas}=1 rc/old --timeout=60s');
    await desk().run('scale rc/old --replicas=0');
    await desk().run('wait --for=delete pod -l app=old --timeout=60s');
    await desk().run('delete rc old');
  });
}
