import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { podLabels } from '../agent/labels.ts';
import { VolumeKeeper } from '../agent/volumes/volume-keeper.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { eventually } from '../test/eventually.ts';
import { FakeRuntime } from './container-runtime.ts';

const owner = { cellId: 'c', nodeName: 'n' };
let place: string;
let clock: ManualClock;
let runtime: FakeRuntime;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'stowage-test-keeper-'));
  clock = new ManualClock();
  runtime = new FakeRuntime({ clock });
});
afterEach(() => rm(place, { recursive: true, force: true }));

const keeperOf = (known: readonly string[], over: readonly string[]) =>
  new VolumeKeeper({
    ...{ owner, runtime, clock, log: silentLogger },
    pods: () => [],
    podDir: (uid) => join(place, uid),
    end: () => {},
    erased: () => {},
    known: (uid) => known.includes(uid),
    over: () => over,
  });

test('volumes of the engine go when nothing is known of their pod', async () => {
  const make = (uid: string, node = owner) =>
    runtime.ensureVolume(`v-${uid}`, { kind: 'memory' }, podLabels(node, { metadata: { uid } }));
  await Promise.all([make('known'), make('stray'), make('other', { ...owner, nodeName: 'm' })]);
  await keeperOf(['known'], []).sweep();
  expect((await runtime.volumes({})).map(({ name }) => name).sort()).toEqual(['v-known', 'v-other']);
});

test('a pod that is over is kept without its volumes', async () => {
  for (const uid of ['over', 'runs']) {
    await mkdir(join(place, uid, 'volumes', 'v'), { recursive: true });
    await writeFile(join(place, uid, 'pod.json'), '{}');
  }
  const keeper = keeperOf([], ['over']);
  await keeper.start();
  await clock.advance(10_000);
  await eventually('the volumes to go', async () => !(await readdir(join(place, 'over'))).includes('volumes'));
  await keeper.stop();
  expect(await readdir(join(place, 'over'))).toEqual(['pod.json']);
  expect((await readdir(join(place, 'runs'))).sort()).toEqual(['pod.json', 'volumes']);
});
