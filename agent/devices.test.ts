import { expect, test } from 'vitest';
import { Devices } from './devices.ts';
import { container } from './plan/transcript.fixture.ts';
import type { ContainerSpec } from './runtime.ts';

const spec = { name: 'c', labels: { a: 'b' } } as unknown as ContainerSpec;
const asking = (gpus: string) => container('app', { resources: { limits: { 'nvidia.com/gpu': gpus } } });

test('a device is one container at a time', () => {
  const inUse: string[] = ['nvidia.com/gpu=1'];
  const devices = new Devices({ inUse: () => inUse, capacity: { 'nvidia.com/gpu': 3 } });
  const first = devices.give(spec, asking('1'));
  expect(first).toMatchObject({
    ok: true,
    spec: { labels: { a: 'b', 'stowage.dev/devices': 'nvidia.com/gpu=0' }, devices: { driver: 'nvidia', ids: ['0'] } },
  });
  expect(devices.give(spec, asking('2'))).toMatchObject({
    ok: false,
    message: expect.stringContaining("of the node's 3 only 1 are free"),
  });
  if (first.ok) first.release();
  inUse.length = 0;
  expect(devices.give(spec, asking('3'))).toMatchObject({ ok: true, spec: { devices: { ids: ['0', '1', '2'] } } });
});

test('what is only counted needs no device', () => {
  const devices = new Devices({ inUse: () => [], capacity: {} });
  const dongle = container('app', { resources: { limits: { 'example.com/dongle': '1' } } });
  expect(devices.give(spec, dongle)).toMatchObject({ ok: true, spec: { labels: { a: 'b' } } });
});
