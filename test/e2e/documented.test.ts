import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';
import * as documented from './documented/objects.ts';
import { Desk, rows } from './kubectl/desk.ts';

/** Looks are 15 s apart, readings 10 s, and on a busy machine whoever burns CPU has to wait for it. */
const AUTOSCALING_MS = 150_000;
const list = (items: readonly object[]) => ({ apiVersion: 'v1', kind: 'List', items });

describe('the examples of the documentation', () => {
  let cell: TestCell;
  let desk: Desk;
  let autoscaled: Promise<void>;

  const value = (line: string, path: string) => desk.value(line, path);
  const names = async (selector: string) =>
    (await value(`get pods -l ${selector} --sort-by=.metadata.name`, '.items[*].metadata.name')).split(' ');
  const replicas = async () => Number(await value('get deployment php-apache', '.spec.replicas'));

  /** Takes its time, in which the others are told. */
  const autoscale = async () => {
    await desk.apply(documented.phpApache);
    await desk.run('autoscale deployment php-apache --cpu-percent=50 --min=1 --max=3');
    await desk.run('rollout status deployment/php-apache --timeout=60s');
    const [pod] = await names('run=php-apache');
    await desk.run(`exec ${pod} -- sh -c`, 'echo on > /load');
    await eventually('more pods', async () => (await replicas()) > 1, AUTOSCALING_MS);
    await desk.run(`exec ${pod} -- sh -c`, 'echo off > /load');
  };

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    desk = new Desk(options.kubectl, cell.kubeconfig, 'examples');
    await desk.run('create namespace examples');
    await desk.apply(documented.hello);
    autoscaled = autoscale();
    // Whoever asks hears of it.
    autoscaled.catch(() => undefined);
  });
  afterAll(() => cell?.destroy());

  test('nginx-deployment: is rolled out, updated, undone, and scaled', async () => {
    await desk.apply(documented.nginxDeployment);
    await desk.run('rollout status deployment/nginx-deployment --timeout=60s');
    const [, row] = rows(await desk.run('get deployments nginx-deployment'));
    expect(row?.slice(0, 4)).toEqual(['nginx-deployment', '3/3', '3', '3']);
    const [, set] = rows(await desk.run('get rs -l app=nginx'));
    expect(set?.slice(1, 4)).toEqual(['3', '3', '3']);
    const labels = (await desk.run('get pods -l app=nginx --show-labels --no-headers')).match(/pod-template-hash=\w+/g);
    expect([labels?.length, new Set(labels).size]).toEqual([3, 1]);
    await desk.run('set env deployment/nginx-deployment VERSION=1.16.1');
    await desk.run('rollout status deployment/nginx-deployment --timeout=60s');
    const sizes = async () =>
      (await value('get rs -l app=nginx --sort-by=.metadata.creationTimestamp', '.items[*].spec.replicas')).split(' ');
    expect(await sizes()).toEqual(['0', '3']);
    await desk.run('rollout undo deployment/nginx-deployment');
    await desk.run('rollout status deployment/nginx-deployment --timeout=60s');
    expect(await sizes()).toEqual(['3', '0']);
    await desk.run('scale deployment/nginx-deployment --replicas=1');
    await desk.run('delete deployment nginx-deployment');
  });

  test('frontend: three pods and no more, whoever was first', async () => {
    await desk.apply(list(documented.barePods));
    await desk.apply(documented.frontend);
    await desk.run('wait --for=jsonpath={.status.readyReplicas}=3 rs/frontend --timeout=60s');
    const kept = await names('tier=frontend');
    expect(kept.filter((name) => ['pod1', 'pod2'].includes(name))).toEqual(['pod1', 'pod2']);
    expect(kept).toHaveLength(3);
    expect(await value('get pod pod1', '.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name')).toBe(
      'ReplicaSet/frontend',
    );
    // Taken out of it, a pod goes on, and another takes its place.
    await desk.run('label pod pod2 tier=debug --overwrite');
    await eventually('another', async () => (await names('tier=frontend')).length === 3);
    expect(await value('get pod pod2', '.metadata.ownerReferences')).toBe('');
    await desk.run('delete rs frontend');
    await desk.run('delete pod pod2 --now');
  });

  test('web: in order, each with a claim of its own that outlives its pod', async () => {
    await desk.apply(list([...documented.web, ...documented.zookeeper]));
    await desk.run('rollout status statefulset/web --timeout=90s');
    const pods = (await desk.json<{ items: Pod[] }>('get pods -l app=web --sort-by=.metadata.name')).items;
    expect(pods.map(({ metadata }) => metadata?.name)).toEqual(['web-0', 'web-1', 'web-2']);
    expect((await value('get pvc', '.items[*].metadata.name')).split(' ')).toEqual([
      'www-web-0',
      'www-web-1',
      'www-web-2',
    ]);
    await desk.run('delete pod web-1');
    await eventually('another', async () => {
      const uid = await desk.try('get pod web-1 -o jsonpath={.metadata.uid}');
      return uid.code === 0 && uid.stdout !== pods[1]?.metadata?.uid;
    });
    await desk.run('wait --for=condition=Ready pod/web-1 --timeout=60s');
    const name = () => desk.run('exec web-1 -- cat /usr/share/nginx/html/name');
    await eventually('what both have written', async () => (await name()) === 'web-1\nweb-1\n');
  });

  test('zk-pdb: says how many may be missing', async () => {
    await eventually('its figures', async () => {
      const [, row] = rows(await desk.run('get pdb zk-pdb'));
      return row?.slice(0, 4).join(' ') === 'zk-pdb 2 N/A 1';
    });
    await desk.run('delete statefulset web');
    expect((await value('get pvc', '.items[*].metadata.name')).split(' ')).toHaveLength(3);
  });

  test('fluentd-elasticsearch: on every node, with what it tolerates by itself', async () => {
    const system = desk.in('kube-system');
    await system.apply(documented.fluentd);
    await system.run('rollout status daemonset/fluentd-elasticsearch --timeout=60s');
    const [pod] = (await system.json<{ items: Pod[] }>('get pods -l name=fluentd-elasticsearch')).items;
    expect(pod?.spec?.nodeName).toBe('n1');
    const tolerated = pod?.spec?.tolerations?.map(({ key, effect }) => `${key?.split('/')[1]}:${effect}`);
    expect(tolerated).toEqual(
      expect.arrayContaining([
        ...['control-plane:NoSchedule', 'master:NoSchedule', 'not-ready:NoExecute', 'unreachable:NoExecute'],
        ...['disk-pressure:NoSchedule', 'memory-pressure:NoSchedule', 'unschedulable:NoSchedule'],
      ]),
    );
    await system.run('delete daemonset fluentd-elasticsearch');
  });

  test('pi, indexed-job and one with a limit per index', async () => {
    await desk.apply(list([documented.pi, documented.indexed, documented.perIndex]));
    await desk.run('wait --for=condition=complete job/pi job/indexed-job --timeout=60s');
    expect(await desk.run('logs job/pi')).toBe('3.14159\n');
    expect(await value('get job indexed-job', '.status.completedIndexes')).toBe('0-4');
    const pods = (await desk.json<{ items: Pod[] }>('get pods -l job-name=indexed-job')).items;
    const index = ({ metadata }: Pod) => Number(metadata?.annotations?.['batch.kubernetes.io/job-completion-index']);
    const said = pods.sort((a, b) => index(a) - index(b)).map((pod) => desk.run(`logs ${pod.metadata?.name}`));
    expect((await Promise.all(said)).join('')).toBe('foo\nbar\nbaz\nqux\nxyz\n');
    const limited = 'job-backoff-limit-per-index-example';
    await desk.run(`wait --for=condition=Failed job/${limited} --timeout=60s`);
    const status = '.status.completedIndexes}/{.status.failedIndexes}/{.status.conditions[?(@.type=="Failed")].reason';
    expect(await value(`get job ${limited}`, status)).toBe('0,2,4/1,3,5/FailedIndexes');
  });

  test('hello: every minute', async () => {
    const made = async () => (await desk.run('get jobs -o name')).match(/job\.batch\/hello-\d+/)?.[0];
    const job = await eventually('its minute', made, 70_000);
    await desk.run(`wait --for=condition=complete ${job} --timeout=60s`);
    expect(await desk.run(`logs ${job}`)).toMatch(/Hello from the Kubernetes cluster\n$/);
    expect(rows(await desk.run('get cronjob hello'))[1]?.slice(0, 4)).toEqual([
      'hello',
      '* * * * *',
      '<none>',
      'False',
    ]);
  });

  test('php-apache: grows with its load, by what agents measure', async () => {
    await autoscaled;
    const described = await desk.run('describe hpa php-apache');
    expect(described).toMatch(/Normal +SuccessfulRescale .* New size: [23]; reason: cpu resource utilization/);
    expect(described).toMatch(/^ +AbleToScale +True /m);
    expect(described).toMatch(/^ +ScalingActive +True +ValidMetricFound/m);
  });
});
