import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOCAL_PATH_FINALIZER, LOCAL_PATH_NODE, LOCAL_PATH_PROVISIONER } from '../../api/core/local-path.ts';
import { PROVISIONED_BY } from '../../api/core/persistent-volume-binding.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { eventually } from '../../test/eventually.ts';
import type { PersistentVolume } from '../pod-types.ts';
import { doomedDirectory, VolumeEraser } from './volume-eraser.ts';

const NAME = 'pvc-11111111-2222-3333-4444-555555555555';

function volume(path: string, change: (volume: PersistentVolume) => void = () => {}): PersistentVolume {
  const doomed: PersistentVolume = {
    metadata: {
      name: NAME,
      deletionTimestamp: '2030-01-01T00:00:00Z',
      finalizers: [LOCAL_PATH_FINALIZER],
      annotations: { [PROVISIONED_BY]: LOCAL_PATH_PROVISIONER, [LOCAL_PATH_NODE]: 'n1' },
    },
    spec: { hostPath: { path }, persistentVolumeReclaimPolicy: 'Delete' },
    status: { phase: 'Released' },
  };
  change(doomed);
  return doomed;
}

test.each<[string, string, (volume: PersistentVolume) => void]>([
  ['another path', '/etc', () => {}],
  ['a path that is not its own', `/data/${NAME}`, () => {}],
  ['a path that leads elsewhere', `/data/${NAME}_x/../../${NAME}_etc`, () => {}],
  ['no absolute path', `${NAME}_a_b`, () => {}],
  ['another name', '/data/mine_a_b', ({ metadata }) => (metadata!.name = 'mine')],
  ['bound', `/d/${NAME}_a_b`, ({ status }) => (status!.phase = 'Bound')],
  ['to be kept', `/d/${NAME}_a_b`, ({ spec }) => (spec!.persistentVolumeReclaimPolicy = 'Retain')],
  ['not deleted', `/d/${NAME}_a_b`, ({ metadata }) => delete metadata!.deletionTimestamp],
  ['let go already', `/d/${NAME}_a_b`, ({ metadata }) => (metadata!.finalizers = [])],
  ["another node's", `/d/${NAME}_a_b`, ({ metadata }) => (metadata!.annotations![LOCAL_PATH_NODE] = 'n2')],
  ["another's", `/d/${NAME}_a_b`, ({ metadata }) => (metadata!.annotations![PROVISIONED_BY] = 'x')],
])('a volume with %s is not erased', (_, path, change) => {
  expect(doomedDirectory(volume(path, change), 'n1')).toBeUndefined();
  expect(doomedDirectory(volume(`/d/${NAME}_a_b`), 'n1')).toBe(`/d/${NAME}_a_b`);
});

test('its directory goes, and the master hears of it, however often it asks', async () => {
  const place = await mkdtemp(join(tmpdir(), 'stowage-test-erase-'));
  const path = join(place, `${NAME}_default_data`);
  await mkdir(join(path, 'deep'), { recursive: true });
  await writeFile(join(path, 'deep', 'file'), '');
  await mkdir(join(place, 'other'));
  const told: string[] = [];
  const erased = (name: string) => void told.push(name);
  const eraser = new VolumeEraser({ nodeName: 'n1', erased, clock: new ManualClock(), log: silentLogger });
  eraser.told(volume(path));
  await eventually('the word', () => told.length === 1);
  expect(await readdir(place)).toEqual(['other']);
  eraser.told(volume(path));
  await eventually('the word again', () => told.length === 2);
  eraser.stop();
  await rm(place, { recursive: true });
});
