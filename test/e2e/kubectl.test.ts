import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { access } from './kubectl/access.suite.ts';
import { serverSideApply } from './kubectl/apply.suite.ts';
import { changes } from './kubectl/changes.suite.ts';
import { customResources } from './kubectl/custom-resources.suite.ts';
import { Desk } from './kubectl/desk.ts';
import { forwarding } from './kubectl/forwarding.suite.ts';
import { objects } from './kubectl/objects.suite.ts';
import { pods } from './kubectl/pods.suite.ts';
import { quota } from './kubectl/quota.suite.ts';
import { server } from './kubectl/server.suite.ts';
import { sets } from './kubectl/sets.suite.ts';
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
  describe('sets', () => sets(() => desk));
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

  test('deleting the namespace takes everything along', async () => {
    await desk.run(`delete namespace ${NAMESPACE} --timeout=60s`);
    const engine = new Engine(inject('dockerHost'));
    // Pods that had ended go at once; their containers follow.
    await eventually('Docker to be empty', async () => (await engine.containers(await cell.cellId())).length === 0);
  });
});
