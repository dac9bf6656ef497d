import { afterAll, beforeAll, describe, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { greetings } from './client-node/greetings.suite.ts';
import { informers } from './client-node/informers.suite.ts';
import { patches } from './client-node/patches.suite.ts';
import { streams } from './client-node/streams.suite.ts';

describe("Kubernetes' own library for Node.js", () => {
  let cell: TestCell;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
  });

  afterAll(async () => {
    await cell?.destroy();
  });

  describe('patches', () => patches(() => cell));
  describe('streams and use', () => streams(() => cell));
  describe('informers and watches', () => informers(() => cell));
  describe('a controller of a custom resource', () => greetings(() => cell));
});
