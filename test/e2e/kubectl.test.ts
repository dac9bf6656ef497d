import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { access } from './kubectl/access.suite.ts';
import { serverSideApply } from './kubectl/apply.suite.ts';
import { changes } from './kubectl/changes.suite.ts';
import { customResources } from './kubectl/custom-resources.suite.ts';
import { Desk } from './kubectl/desk.ts';
import { forwarding } from './kubectl/forwarding.suite.ts';
import { deployment } from './kubectl/manifests.ts';
import { objects } from './kubectl/objects.suite.ts';
import { pods } from './kubectl/pods.suite.ts';
import { quota } from './kubectl/quota.suite.ts';
import { server } from './kubectl/server.suite.ts';
import { streams } from './kubectl/streams.suite.ts';
import { workloads } from './kubectl/workloads.suite.ts';

const NAMESPACE = 'desk';

describe('a real kubectl against a real cell', () => {
  let cell: TestCell;
  let desk: Desk;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    desk = new Desk(options.kubectl, cell.kubeconfig, NAMESPACE);
    await desk.run(`create namespace ${NAMESPACE}`);
  });

  const restartMaster = async () => {
    await cell.master?.end();
    await cell.startMaster();
    await cell.nodeIs('n1', 'Ready');
  };

  afterAll(async () => {
    await cell?.destroy();
  });

  describe('objects', () => objects(() => desk));
  describe('changes', () => changes(() => desk));
  describe('server-side apply', () => serverSideApply(() => desk));
  describe('the server', () => server(() => desk));
  describe('workloads', () => workloads(() => desk));
  describe('pods and their node', () => pods(() => desk));
  describe('processes', () => streams(() => desk));
  describe('ports', () =>
    forwarding(
      () => desk,
      () => cell,
    ));
  describe('quota', () => quota(() => desk));
  describe('who may do what', () => access(() => desk));
  describe('custom resources', () => customResources(() => desk, restartMaster));

  test('another kubectl, where this machine has one, does as well', async () => {
    const other = existsSync('/usr/bin/kubectl') ? '/usr/bin/kubectl' : inject('kubectl');
    const second = new Desk(other, cell.kubeconfig, 'desk-second');
    expect(await second.run('create namespace desk-second')).toBe('namespace/desk-second created\n');
    await second.run('create configmap made --from-literal=a=1');
    expect(await second.apply(deployment('web', 1))).toBe('deployment.apps/web created\n');
    expect(await second.run('rollout status deployment/web --timeout=60s')).toContain('successfully rolled out');
    expect(await second.run('describe pods -l app=web')).toMatch(/^ {4}Image: +\S+$/m);
    expect(await second.value('get deployment web', '.spec.template.spec.containers[0].image')).toBe(TEST_IMAGE);
    expect(await second.run('explain job.spec.backoffLimit')).toMatch(/^FIELD: backoffLimit <integer>$/m);
    await second.run('label cm made a=b');
    await second.run('delete namespace desk-second --timeout=60s');
  });

  test('deleting the namespace takes everything along', async () => {
    await desk.run(`delete namespace ${NAMESPACE} --timeout=60s`);
    const engine = new Engine(inject('dockerHost'));
    // Pods that had ended go at once; their containers follow.
    await eventually('Docker to be empty', async () => (await engine.containers(await cell.cellId())).length === 0);
  });
});
