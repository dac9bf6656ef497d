import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Event, events } from '../../api/core/event.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { resources } from '../../api/registry.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createObjects } from './create-objects.ts';
import { StoredEventRecorder } from './event-recorder.ts';
import type { EventNote } from './events.ts';

let clock: ManualClock;
let store: Store;
let cache: WatchCache;
let metrics: Registry;
let recorder: StoredEventRecorder;

beforeEach(async () => {
  clock = new ManualClock();
  metrics = new Registry();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics });
  await cache.start();
  const rng = seededRng(1);
  const objects = createObjects({ store, cache, clock, rng, admission: [] });
  await objects.create(namespaces, { metadata: { name: 'default' } }, { user: 'test' });
  recorder = new StoredEventRecorder({ objects, clock, rng, log: silentLogger, metrics });
});
afterEach(async () => {
  await cache.stop();
  await store.close();
});

const note = (pod: string, more: Partial<EventNote> = {}): EventNote => ({
  about: { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: pod, uid: `uid-${pod}` } },
  type: 'Normal',
  reason: 'Scheduled',
  message: `Successfully assigned default/${pod} to n1`,
  component: 'default-scheduler',
  ...more,
});
const stored = (): Event[] => cache.list(events);
const many = (count: number, more: Partial<EventNote> = {}) => {
  for (let i = 0; i < count; i++) recorder.record(note(`${more.type?.toLowerCase() ?? ''}p${i}`, more));
};
const dropped = async (type: string) => {
  const { values } = await metrics.getSingleMetric('stowage_events_dropped_total')!.get();
  return values.find(({ labels }) => labels.type === type)?.value ?? 0;
};

describe('the event recorder', () => {
  test('in ordinary load everything is written at once', async () => {
    many(300);
    await clock.advance(0);
    expect(stored()).toHaveLength(300);
    expect(stored()[0]).toMatchObject({ reason: 'Scheduled', count: 1, involvedObject: { kind: 'Pod' } });
  });

  test('what is told later than it happened has the times and the count of then', async () => {
    const at = (text: string) => Date.parse(`2029-12-31T${text}Z`);
    const happened = { count: 3, firstMs: at('23:00:00'), lastMs: at('23:30:00') };
    recorder.record(note('a', { happened }));
    await clock.advance(0);
    const [firstTimestamp, lastTimestamp] = ['2029-12-31T23:00:00Z', '2029-12-31T23:30:00Z'];
    expect(stored()[0]).toMatchObject({ count: 3, firstTimestamp, lastTimestamp });
    recorder.record(note('a', { happened: { count: 2, firstMs: at('23:40:00'), lastMs: at('23:50:00') } }));
    await clock.advance(0);
    expect(stored()[0]).toMatchObject({ count: 5, firstTimestamp, lastTimestamp: '2029-12-31T23:50:00Z' });
  });

  test('what repeats counts up one event, whether it waits or is written', async () => {
    for (let i = 0; i < 3; i++) recorder.record(note('a'));
    await clock.advance(0);
    recorder.record(note('a'));
    await clock.advance(2_000);
    expect(
      stored().map(({ count, firstTimestamp, lastTimestamp }) => [count, firstTimestamp === lastTimestamp]),
    ).toEqual([[4, true]]);
    recorder.record(note('a'));
    await clock.advance(0);
    expect(stored()[0]).toMatchObject({ count: 5, firstTimestamp: '2030-01-01T00:00:00Z' });
    expect(stored()[0]?.lastTimestamp).toBe('2030-01-01T00:00:02Z');
  });

  test('a flood is written at a bounded rate, and what does not fit is dropped and counted', async () => {
    many(10_000);
    const lost = await dropped('Normal');
    expect(lost).toBeGreaterThan(5_000);
    await clock.advance(0);
    const burst = stored().length;
    expect(burst).toBeLessThan(1_100);
    await clock.advance(1_000);
    expect(stored().length - burst).toBeGreaterThan(150);
    expect(stored().length - burst).toBeLessThan(250);
    await clock.advance(60_000);
    expect(stored()).toHaveLength(10_000 - lost);
    // And is over it after a quiet time.
    recorder.record(note('later'));
    await clock.advance(0);
    expect(stored()).toHaveLength(10_001 - lost);
  });

  test('warnings do not wait behind a flood of what is normal', async () => {
    many(10_000);
    await clock.advance(0);
    many(50, { type: 'Warning', reason: 'FailedScheduling' });
    await clock.advance(300);
    expect(stored().filter(({ type }) => type === 'Warning')).toHaveLength(50);
    expect(await dropped('Warning')).toBe(0);
  });

  test('flush writes what waits without regard to the rate', async () => {
    many(2_000);
    await clock.advance(0);
    expect(stored().length).toBeLessThan(1_100);
    await recorder.flush();
    expect(stored()).toHaveLength(2_000);
  });
});
