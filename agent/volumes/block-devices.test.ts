import { expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { Container, Sources } from '../pod-types.ts';
import { blockDevices, checkDevice } from './block-devices.ts';
import { containerMounts } from './container-mounts.ts';

const claimRef = { namespace: 'default', name: 'raw', uid: 'c' };
const sources: Sources = {
  configMap: () => undefined,
  secret: () => undefined,
  claim: () => ({ metadata: claimRef, spec: { volumeName: 'v' }, status: { phase: 'Bound' } }),
  persistentVolume: () => ({
    metadata: { name: 'v' },
    spec: { claimRef, local: { path: '/dev/sdx' }, volumeMode: 'Block' },
  }),
};
const claim = (readOnly?: boolean) => ({ claimName: 'raw', ...(readOnly && { readOnly }) });
const pod = podOf({
  volumes: [
    { name: 'raw', persistentVolumeClaim: claim() },
    { name: 'kept', persistentVolumeClaim: claim(true) },
    { name: 'files', emptyDir: {} },
  ],
});
const context = { pod, podDir: '/p', allocatable: { memoryBytes: 1 } };
const app = (...names: string[]): Container =>
  container('app', { volumeDevices: names.map((name) => ({ name, devicePath: `/dev/${name}` })) });

test('a container has the disks that it names, and no others', () => {
  expect(blockDevices(container('app'), context, sources)).toEqual([]);
  expect(blockDevices(app('raw', 'kept'), context, sources)).toEqual([
    { path: '/dev/sdx', target: '/dev/raw', readOnly: false },
    { path: '/dev/sdx', target: '/dev/kept', readOnly: true },
  ]);
});

test.each([
  ['what is not there', 'absent', 'is no volume of the pod'],
  ['what holds files', 'files', 'name it in volumeMounts'],
])('%s is no disk', (_what, name, words) => {
  expect(() => blockDevices(app(name), context, sources)).toThrow(words);
});

test('a disk is not mounted, and is looked at before it is given', async () => {
  const mounting = container('app', { volumeMounts: [{ name: 'raw', mountPath: '/raw' }] });
  expect(() => containerMounts(mounting, context, sources, new Map())).toThrow('name it in volumeDevices');
  await expect(checkDevice('/', 'v')).rejects.toThrow('wants a block device at /, but something else is there');
  await expect(checkDevice('/no/such/disk', 'v')).rejects.toThrow('but nothing is there');
});
