import { describe, expect, test } from 'vitest';
import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';
import { deployment, job } from './manifests.ts';

/** Deployments and Jobs whose pods really run. */
export function workloads(desk: () => Desk): void {
  const replicas = (of: string) => desk().value(`get ${of}`, '.spec.replicas}/{.status.readyReplicas');

  describe('a Deployment', () => {
    test('rollout status, wait, get and describe', async () => {
      expect(await desk().apply(deployment('web', 2))).toBe('deployment.apps/web created\n');
      const said = await desk().run('rollout status deployment/web --timeout=60s');
      expect(said).toMatch(/^deployment "web" successfully rolled out$/m);
      expect(await desk().run('wait --for=condition=Available deployment/web --timeout=10s')).toBe(
        'deployment.apps/web condition met\n',
      );
      expect(rows(await desk().run('get deployment web -o wide'))).toEqual([
        ['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE', 'CONTAINERS', 'IMAGES', 'SELECTOR'],
        ['web', '2/2', '2', '2', expect.stringMatching(/^\d+s$/), 'main', TEST_IMAGE, 'app=web'],
      ]);
      const described = await desk().run('describe deployment web');
      expect(described).toMatch(/^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m);
      expect(described).toMatch(/^StrategyType: +RollingUpdate$/m);
      expect(described).toMatch(/^RollingUpdateStrategy: +25% max unavailable, 25% max surge$/m);
      expect(described).toMatch(/^ {2}Available +True +MinimumReplicasAvailable$/m);
      expect(described).toMatch(/^NewReplicaSet: +web-\w+ \(2\/2 replicas created\)$/m);
      expect(described).toMatch(
        /Normal +ScalingReplicaSet +\d+s +deployment-controller +Scaled up replica set web-\w+ from 0 to 2/,
      );
      expect(
        rows(await desk().run('get all -l app=web --no-headers')).map(([name]) => name!.replace(/-.*/, '')),
      ).toEqual(['pod/web', 'pod/web', 'deployment.apps/web', 'replicaset.apps/web']);
    });

    test('scale, with and without a condition, also of a bare ReplicaSet', async () => {
      const refused = await desk().try('scale deployment/web --current-replicas=9 --replicas=1');
      expect(refused).toMatchObject({ code: 1, stderr: 'error: Expected replicas to be 9, was 2\n' });
      expect(await desk().run('scale deployment/web --current-replicas=2 --replicas=3')).toBe(
        'deployment.apps/web scaled\n',
      );
      await desk().run('wait --for=jsonpath={.status.readyReplicas}=3 deployment/web --timeout=60s');
      expect(await desk().run('scale deployment web --replicas=1')).toBe('deployment.apps/web scaled\n');
      await eventually('one pod', async () => (await replicas('deployment web')) === '1/1');
      const { spec } = deployment('bare', 0);
      await desk().apply({ ...deployment('bare', 0), kind: 'ReplicaSet', spec });
      expect(await desk().run('scale rs/bare --replicas=1')).toBe('replicaset.apps/bare scaled\n');
      await eventually('its pod', async () => (await replicas('rs bare')) === '1/1');
      expect(rows(await desk().run('get rs bare'))).toEqual([
        ['NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE'],
        ['bare', '1', '1', '1', expect.any(String)],
      ]);
      await desk().run('delete rs bare');
      await desk().run('wait --for=delete pod -l app=bare --timeout=30s');
    });

    test('rollout restart, history, undo, pause and resume; set image', async () => {
      expect(await desk().run('rollout restart deployment/web')).toBe('deployment.apps/web restarted\n');
      await desk().run('rollout status deployment/web --timeout=60s');
      expect(await desk().run('rollout history deployment/web')).toBe(
        'deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n',
      );
      expect(await desk().run('rollout history deployment/web --revision=2')).toMatch(
        /^deployment\.apps\/web with revision #2\nPod Template:\n {2}Labels:\tapp=web\n[\s\S]*Annotations:\tkubectl\.kubernetes\.io\/restartedAt/,
      );
      expect(await desk().run('rollout pause deployment/web')).toBe('deployment.apps/web paused\n');
      expect(await desk().run('set image deployment/web main=not/yet:1')).toBe('deployment.apps/web image updated\n');
      await desk().run('wait --for=condition=Progressing=Unknown deployment/web --timeout=20s');
      expect(await desk().run('set image deployment/web', `main=${TEST_IMAGE}`)).toBe(
        'deployment.apps/web image updated\n',
      );
      expect(await desk().run('rollout resume deployment/web')).toBe('deployment.apps/web resumed\n');
      expect(await desk().run('rollout undo deployment/web --to-revision=1')).toBe('deployment.apps/web rolled back\n');
      await desk().run('rollout status deployment/web --timeout=60s');
      expect(rows(await desk().run('rollout history deployment/web')).map(([revision]) => revision)).toEqual([
        'deployment.apps/web',
        'REVISION',
        '2',
        '3',
      ]);
      expect(await desk().value('get deployment web', '.spec.template.metadata.annotations')).toBe('');
    });

    test('delete takes its ReplicaSets and pods along', async () => {
      const [[pod] = []] = rows(await desk().run('get pods -l app=web --no-headers'));
      const wait = desk().start('wait --for=delete', `pod/${pod}`, '--timeout=60s');
      expect(await desk().run('delete deployment web --now')).toBe(
        `deployment.apps "web" deleted from ${desk().namespace} namespace\n`,
      );
      expect(await wait.exit()).toBe(0);
      await eventually('nothing to be left', async () => (await desk().run('get all -l app=web -o name')) === '');
    });
  });

  describe('a Job', () => {
    test('runs to its end, and is described', async () => {
      expect(await desk().run('create job sum', `--image=${TEST_IMAGE}`, '--', 'sh', '-c', 'echo $((20 + 22))')).toBe(
        'job.batch/sum created\n',
      );
      expect(await desk().run('wait --for=condition=complete job/sum --timeout=60s')).toBe(
        'job.batch/sum condition met\n',
      );
      expect(await desk().run('logs job/sum')).toBe('42\n');
      expect(rows(await desk().run('get jobs sum'))).toEqual([
        ['NAME', 'STATUS', 'COMPLETIONS', 'DURATION', 'AGE'],
        ['sum', 'Complete', '1/1', expect.stringMatching(/^\d+s$/), expect.stringMatching(/^\d+s$/)],
      ]);
      const described = await desk().run('describe job sum');
      expect(described).toMatch(/^Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed$/m);
      expect(described).toMatch(/^Backoff Limit: +6$/m);
      expect(described).toMatch(/^Completed At: +\w{3}, /m);
      expect(described).toMatch(/Normal +SuccessfulCreate +\d+s +job-controller +Created pod: sum-\w+/);
      expect(described).toMatch(/Normal +Completed +\d+s +job-controller +Job completed/);
    });

    test('deleting it deletes its pods', async () => {
      await desk().apply(job('slow', 'sleep 1000', 2));
      await desk().run('wait --for=jsonpath={.status.active}=2 job/slow --timeout=30s');
      await desk().run('delete job slow');
      await eventually('its pods to go', async () => (await desk().run('get pods -l job-name=slow -o name')) === '');
    });
  });

  test('a namespace is described', async () => {
    const described = await desk().run('describe namespace', desk().namespace);
    expect(described).toMatch(new RegExp(`^Name: +${desk().namespace}$`, 'm'));
    expect(described).toMatch(new RegExp(`^Labels: +kubernetes.io/metadata.name=${desk().namespace}$`, 'm'));
    expect(described).toMatch(/^Status: +Active$/m);
  });
}
