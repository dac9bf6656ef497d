import { afterAll, beforeAll, describe, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { Desk } from './kubectl/desk.ts';
import { preemption } from './scheduling/preemption.suite.ts';
import { Stage } from './scheduling/stage.ts';

describe('scheduling on a real cell of two nodes', () => {
  let cell: TestCell;
  let stage: Stage;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.startMaster();
    await Promise.all([cell.startAgent('n1'), cell.startAgent('n2')]);
    stage = await Stage.on(new Desk(options.kubectl, cell.kubeconfig, 'default'));
  });

  afterAll(() => cell?.destroy());

  describe('preemption', () => preemption(() => stage));
});
