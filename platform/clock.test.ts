import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { clockSuite } from './clock.suite.ts';
import { microTimestamp, systemClock, timestamp } from './clock.ts';
import { ManualClock } from './manual-clock.fixture.ts';

clockSuite('the system clock', () => ({ clock: systemClock, pass: (ms) => delay(ms).then(() => undefined) }));

clockSuite('the manual clock', () => {
  const clock = new ManualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

test('time stamps are as Kubernetes writes them', () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  expect(timestamp(nowMs)).toBe('2026-01-02T03:04:05Z');
  expect(microTimestamp(nowMs)).toBe('2026-01-02T03:04:05.678000Z');
});
