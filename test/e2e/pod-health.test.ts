import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Registry } from '../registry.ts';
import { Desk } from './kubectl/desk.ts';

const registry = new Registry();
let cell: TestCell;
let desk: Desk;
let engine: Engine;
let image: string;

beforeAll(async () => {
  const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
  engine = new Engine(options.dockerHost);
  await engine.ensureTestImage();
  await registry.start();
  cell = await TestCell.create(options);
  await cell.start();
  desk = new Desk(options.kubectl, cell.kubeconfig, 'default');
});
afterAll(async () => {
  await cell?.destroy();
  if (image) await engine.docker.getImage(image).remove();
  await registry.stop();
});

test('a rollout waits for readiness, and says what it waits for', async () => {
  const script = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
  const readinessProbe = { exec: { command: ['test', '-e', '/tmp/open'] }, periodSeconds: 1 };
  const app = { name: 'app', image: TEST_IMAGE, command: ['/bin/sh', '-c', script], readinessProbe };
  const labels = { app: 'gate' };
  const answer = await desk.try('apply -f -', [], {
    input: JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'gate' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [app] } } },
    }),
  });
  expect(answer).toMatchObject({ code: 0, stderr: '' });
  const events = () => desk.run('get events --field-selector reason=Unhealthy -o jsonpath={.items[*].message}');
  await eventually('the event', async () => (await events()).includes('Readiness probe failed: the command ended'));
  expect(await desk.run('get deployment gate')).toMatch(/0\/1/);
  await desk.run('exec deployment/gate -- busybox touch /tmp/open');
  expect(await desk.run('rollout status deployment/gate --timeout 60s')).toContain('successfully rolled out');
  await desk.run('delete deployment gate');
});

test('a service account opens a private registry to its pods', async () => {
  image = await registry.put('private/app');
  registry.login = 'anna:right';
  const login = ['--docker-server', registry.host, '--docker-username', 'anna', '--docker-password', 'right'];
  await desk.run('create secret docker-registry key', ...login);
  await desk.run('create serviceaccount puller');
  await desk.run('patch serviceaccount puller -p', JSON.stringify({ imagePullSecrets: [{ name: 'key' }] }));
  const pod = (name: string, serviceAccountName: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { serviceAccountName, containers: [{ name: 'app', image, imagePullPolicy: 'Always' }] },
  });
  await desk.apply(pod('let-in', 'puller'));
  await desk.apply(pod('kept-out', 'default'));
  await desk.run('wait --for=condition=Ready pod/let-in --timeout 60s');
  const reason = () => desk.value('get pod kept-out', '.status.containerStatuses[0].state.waiting.reason');
  await eventually('the refusal', async () => /^(ErrImagePull|ImagePullBackOff)$/.test(await reason()));
  const described = await desk.run('describe pod let-in');
  expect(described).toMatch(/Successfully pulled image .* in \S+ \(\S+ including waiting\)/);
  await desk.run('delete pod let-in kept-out --now');
});
