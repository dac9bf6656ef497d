import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CronSchedule, parseCronSchedule } from './cron-schedule.ts';
import { dueCount, lastDueMs, nextDueMs } from './cron-times.ts';

function scheduleOf(text: string): CronSchedule {
  const parsed = parseCronSchedule(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed;
}

function next(text: string, after: string, timeZone = 'UTC'): string | undefined {
  const ms = nextDueMs(scheduleOf(text), Date.parse(after), timeZone);
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(':00.000Z', 'Z');
}

describe('the next time', () => {
  test.each([
    ['* * * * *', '2030-01-01T00:00:30Z', '2030-01-01T00:01Z'],
    ['* * * * *', '2030-01-01T00:00:00Z', '2030-01-01T00:01Z'],
    ['*/15 * * * *', '2030-01-01T00:46:00Z', '2030-01-01T01:00Z'],
    ['30 4 * * *', '2030-01-01T04:30:00Z', '2030-01-02T04:30Z'],
    ['0 0 1 1 *', '2030-01-01T00:00:00Z', '2031-01-01T00:00Z'],
    ['@monthly', '2030-01-31T12:00:00Z', '2030-02-01T00:00Z'],
    ['0 0 29 2 *', '2030-01-01T00:00:00Z', '2032-02-29T00:00Z'],
    ['0 12 * * mon', '2030-01-01T00:00:00Z', '2030-01-07T12:00Z'],
    ['0 12 13 * fri', '2030-01-01T00:00:00Z', '2030-01-04T12:00Z'],
    ['@every 1h30m', '2030-01-01T00:00:10Z', '2030-01-01T01:30:10.000Z'],
  ])('of %s after %s is %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  test('of a day that there is not never comes', () => {
    expect(next('0 0 30 2 *', '2030-01-01T00:00:00Z')).toBeUndefined();
  });

  test.each([
    ['the zone is ahead', '0 9 * * *', '2030-01-01T00:00:00Z', 'Asia/Tokyo', '2030-01-02T00:00Z'],
    ['the zone has half an hour', '0 9 * * *', '2030-01-01T00:00:00Z', 'Asia/Kolkata', '2030-01-01T03:30Z'],
    ['summer', '0 9 * * *', '2030-07-01T00:00:00Z', 'Europe/Berlin', '2030-07-01T07:00Z'],
    ['winter', '0 9 * * *', '2030-01-01T00:00:00Z', 'Europe/Berlin', '2030-01-01T08:00Z'],
    ['clocks are put forward over it', '30 2 * * *', '2030-03-31T00:00:00Z', 'Europe/Berlin', '2030-04-01T00:30Z'],
    ['clocks are put forward before it', '0 0 * * *', '2030-03-30T23:30:00Z', 'Europe/Berlin', '2030-03-31T22:00Z'],
    ['clocks are put back over it, once', '30 2 * * *', '2030-10-26T23:00:00Z', 'Europe/Berlin', '2030-10-27T00:30Z'],
    ['and again', '30 2 * * *', '2030-10-27T00:30:00Z', 'Europe/Berlin', '2030-10-27T01:30Z'],
  ])('where %s', (_, text, after, zone, expected) => {
    expect(next(text, after, zone)).toBe(expected);
  });
});

const field = (low: number, high: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: low, max: high }).map(String),
    fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`),
    fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
  );
const tables = fc
  .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((all) => all.join(' '));
const moments = fc.integer({ min: Date.parse('2029-01-01'), max: Date.parse('2031-01-01') });
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia');

test('the last time is the last of the next ones', () => {
  fc.assert(
    fc.property(tables, moments, fc.integer({ min: 0, max: 400 }), zones, (text, sinceMs, hours, zone) => {
      const schedule = scheduleOf(text);
      const nowMs = sinceMs + hours * 3_600_000;
      const all: number[] = [];
      let dueMs = nextDueMs(schedule, sinceMs, zone);
      while (dueMs !== undefined && dueMs <= nowMs && all.length < 400) {
        expect(dueMs).toBeGreaterThan(all.at(-1) ?? sinceMs);
        all.push(dueMs);
        dueMs = nextDueMs(schedule, dueMs, zone);
      }
      if (all.length < 400) expect(lastDueMs(schedule, sinceMs, nowMs, zone)).toBe(all.at(-1));
      expect(dueCount(schedule, sinceMs, nowMs, zone, 100)).toBe(Math.min(100, all.length));
    }),
    { numRuns: 60 },
  );
});
