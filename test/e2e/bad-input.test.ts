import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { TestCell } from '../cell.ts';
import { eventually } from '../eventually.ts';
import { RawApi } from '../raw-api.ts';
import { askers } from './bad-input/askers.suite.ts';
import { bodies } from './bad-input/bodies.suite.ts';
import { objects } from './bad-input/objects.suite.ts';
import { CORE, made } from './bad-input/requests.ts';

describe('bad input, over raw HTTPS', () => {
  let cell: TestCell;
  let api: RawApi;

  beforeAll(async () => {
    cell = await TestCell.create({ dockerHost: inject('dockerHost'), kubectl: inject('kubectl') });
    await cell.startMaster();
    api = await RawApi.of(cell.kubeconfig);
    await eventually('the default namespace', async () => (await api.get(CORE)).code === 200);
  });

  afterAll(async () => {
    api?.close();
    await cell?.destroy();
  });

  bodies(() => api);
  objects(() => api);
  askers(() => api);

  test('after all this it serves as before', async () => {
    expect((await api.get('/readyz')).text).toBe('ok');
    expect(cell.master!.running).toBe(true);
    await made(api, 'the-last');
    // No request ended in a way that nobody foresaw.
    expect(cell.master!.output).not.toMatch(/nobody foresaw|TypeError|RangeError/);
  });
});
