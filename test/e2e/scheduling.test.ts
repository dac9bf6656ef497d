import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { Desk } from './kubectl/desk.ts';
import { crashes } from './scheduling/crashes.suite.ts';
import { gangs } from './scheduling/gangs.suite.ts';
import { neighbours } from './scheduling/neighbours.suite.ts';
import { nodes } from './scheduling/nodes.suite.ts';
import { policy } from './scheduling/policy.suite.ts';
import { preemption } from './scheduling/preemption.suite.ts';
import { Stage } from './scheduling/stage.ts';

describe('scheduling on a real cell of two nodes', () => {
  let cell: TestCell;
  let stage: Stage;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    await cell.startAgent('n2');
    stage = await Stage.on(new Desk(options.kubectl, cell.kubeconfig, 'default'));
  });

  afterAll(async () => {
    const end = cell?.master?.running === false ? cell.master.output.slice(-4_000) : undefined;
    await cell?.destroy();
    expect(end, 'the master ended').toBeUndefined();
  });

  describe('preemption', () => preemption(() => stage));
  describe('nodes', () => nodes(() => stage));
  describe('neighbours', () => neighbours(() => stage));
  describe('gangs', () => gangs(() => stage));
  describe('the policy', () => policy(() => stage));
  describe('crashes', () => crashes(() => stage));
});
