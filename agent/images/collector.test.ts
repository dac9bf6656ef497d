import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { RuntimeError, type StoredImage } from '../runtime.ts';
import { DEFAULT_POLICY } from './collection.ts';
import { ImageCollector } from './collector.ts';
import { ImageUses } from './image-uses.ts';

const image = (id: string): StoredImage => ({
  ...{ id, tags: [`${id}:1`], digests: [`${id}@sha256:0`], sizeBytes: 100, inUse: false },
});
const MINUTE_MS = 60_000;

let dir: string;
let clock: ManualClock;
let images: StoredImage[];
let used: string[];
let availableBytes: number;
let told: string[];
let listed: readonly StoredImage[];
/** Images that a container has been made of since they were listed. */
let taken: string[];

const runtime = {
  images: async () => images,
  removeImage: async (id: string) => {
    if (taken.includes(id)) throw new RuntimeError('conflict', 'in use');
    images = images.filter((one) => one.id !== id);
    availableBytes += 100;
  },
};

const make = (): ImageCollector =>
  new ImageCollector({
    ...{ runtime, policy: DEFAULT_POLICY, clock, log: silentLogger },
    uses: new ImageUses(join(dir, 'images.json')),
    inUse: () => used,
    disk: async () => ({ capacityBytes: 1_000, availableBytes }),
    event: ({ reason, message }) => told.push(`${reason}: ${message}`),
    listed: (now) => {
      listed = now;
    },
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-test-images-'));
  clock = new ManualClock();
  images = ['a', 'b', 'c'].map(image);
  [used, taken, told, listed] = [[], [], [], []];
  availableBytes = 500;
});
afterEach(() => rm(dir, { recursive: true }));

/** Lets time pass, and what it brings about end. */
async function pass(collector: ImageCollector, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await clock.advance(MINUTE_MS);
    // It waits for its turn.
    await collector.look();
  }
}

test('the disk is looked at every five minutes; the longest unused goes first, until there is room', async () => {
  const collector = make();
  await collector.start();
  for (const id of ['b', 'a', 'c']) {
    collector.pulled({ id });
    await pass(collector, 1);
  }
  expect(listed).toHaveLength(3);
  await pass(collector, 3);
  expect(images).toHaveLength(3);
  availableBytes = 100;
  await pass(collector, 5);
  expect(images.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(listed).toHaveLength(2);
  expect(told).toEqual([]);
  await collector.stop();
  expect(clock.pending).toBe(0);
});

test('what the cell has containers of is remembered, past a restart too', async () => {
  used = ['a'];
  const before = make();
  await before.start();
  await before.look();
  await before.stop();
  used = [];
  await clock.advance(10 * MINUTE_MS);
  const collector = make();
  await collector.start();
  expect(await collector.collect(1_000)).toBe(100);
  expect(images.map(({ id }) => id)).toEqual(['b', 'c']);
  await collector.stop();
});

test('a disk that is too full to be written to is no reason not to collect', async () => {
  const collector = make();
  await collector.start();
  await rm(dir, { recursive: true });
  collector.pulled({ id: 'a' });
  await pass(collector, 3);
  expect(await collector.collect(1)).toBe(100);
  await collector.stop();
  await mkdir(dir);
});

test('an image that is taken meanwhile stays, and a disk that stays short is told of', async () => {
  used = ['a', 'b'];
  const collector = make();
  await collector.start();
  await collector.look();
  used = [];
  taken = ['a'];
  availableBytes = 50;
  await pass(collector, 6);
  expect(images.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(told).toEqual([
    'FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free 150 bytes, but only found 100 bytes eligible to free.',
  ]);
  await collector.stop();
});
