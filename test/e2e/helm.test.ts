import { afterAll, beforeAll, describe, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { release } from './helm/release.suite.ts';

describe('a real Helm', () => {
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

  describe('with server-side apply', () => release(() => cell, 'applied', ['--server-side=true']));
  describe('with patches made by the client', () => release(() => cell, 'patched', ['--server-side=false']));
});
