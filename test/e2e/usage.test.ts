import { afterAll, beforeAll, describe, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { Desk } from './kubectl/desk.ts';
import { drain } from './kubectl/drain.suite.ts';
import { usage } from './kubectl/usage.suite.ts';

const NAMESPACE = 'usage';

describe('real kubectls and a cell of two nodes', () => {
  let cell: TestCell;
  let desk: Desk;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    await cell.startAgent('n2');
    desk = new Desk(options.kubectl, cell.kubeconfig, NAMESPACE);
    await desk.run(`create namespace ${NAMESPACE}`);
  });

  afterAll(() => cell?.destroy());

  const others = () =>
    [inject('kubectl33'), inject('kubectl31')].map((path) => new Desk(path, cell.kubeconfig, NAMESPACE));

  describe('usage', () => usage(() => desk, others));
  describe('draining', () => drain(() => desk));
});
