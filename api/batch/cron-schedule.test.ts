import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CronTable, isDueOn, parseCronSchedule, timeZoneFault } from './cron-schedule.ts';

const table = (text: string): CronTable => {
  const parsed = parseCronSchedule(text);
  if (!('minutes' in parsed)) throw new Error(`${text}: ${JSON.stringify(parsed)}`);
  return parsed;
};
const fault = (text: string) => {
  const parsed = parseCronSchedule(text);
  return 'fault' in parsed ? parsed.fault : undefined;
};

describe('fields', () => {
  test.each<[string, keyof CronTable, number[]]>([
    ['*/15 * * * *', 'minutes', [0, 15, 30, 45]],
    ['5 * * * *', 'minutes', [5]],
    ['50/5 * * * *', 'minutes', [50, 55]],
    ['1-10/4,30 * * * *', 'minutes', [1, 5, 9, 30]],
    ['0 22-23 * * *', 'hours', [22, 23]],
    ['0 0 1,15 * *', 'daysOfMonth', [1, 15]],
    ['0 0 1 JAN,jul *', 'months', [1, 7]],
    ['0 0 ? * mon-fri', 'daysOfWeek', [1, 2, 3, 4, 5]],
    ['@weekly', 'daysOfWeek', [0]],
    ['  0   3 * *  sun ', 'hours', [3]],
  ])('%s', (text, field, expected) => {
    expect([...(table(text)[field] as ReadonlySet<number>)]).toEqual(expected);
  });

  test('an interval', () => {
    expect(parseCronSchedule('@every 1h30m')).toEqual({ everyMs: 5_400_000 });
    expect(parseCronSchedule('@every 1.5s')).toEqual({ everyMs: 1000 });
  });

  test('a list of minutes is that list', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 60 }), (minutes) => {
        expect([...table(`${minutes.join(',')} * * * *`).minutes].sort()).toEqual([...minutes].sort());
      }),
    );
  });
});

describe('faults', () => {
  test.each<[string, string]>([
    ['* * * *', 'expected exactly 5 fields, found 4'],
    ['* * * * * *', 'expected exactly 5 fields, found 6'],
    ['60 * * * *', 'found "60" as the minute, expected 0 to 59'],
    ['* 24 * * *', 'found "24" as the hour, expected 0 to 23'],
    ['* * 0 * *', 'found "0" as the day of the month, expected 1 to 31'],
    ['* * * 13 *', 'found "13" as the month, expected 1 to 12 or a name'],
    ['* * * * 7', 'found "7" as the day of the week, expected 0 to 6 or a name'],
    ['*/0 * * * *', 'the step must be a positive number'],
    ['9-1 * * * *', 'the range begins (9) after its end (1)'],
    ['1-2-3 * * * *', 'too many hyphens'],
    ['1/2/3 * * * *', 'too many slashes'],
    ['-1 * * * *', 'found "" as the minute'],
    ['@sometimes', 'found "@sometimes", expected one of @yearly'],
    ['@every soon', 'expected a duration such as 1h30m'],
  ])('%s', (text, expected) => {
    expect(fault(text)).toContain(expected);
  });

  test('any text is a schedule or has a fault', () => {
    const part = fc.constantFrom('*', '?', '/', '-', ',', ' ', '0', '5', '59', 'mon', '@every ', '1h', '@daily', 'x');
    const words = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(words, fc.string()), (text) => {
        expect(parseCronSchedule(text)).toBeTypeOf('object');
      }),
    );
  });
});

/** Friday the 13th of November 2026, and the days around it. */
describe('days', () => {
  test.each<[string, boolean, boolean, boolean]>([
    ['0 0 13 * *', false, true, false],
    ['0 0 * * fri', false, true, false],
    ['0 0 13 * sat', false, true, true],
    ['0 0 13 10 *', false, false, false],
    // With a step of two a star is a list, and a list of days is one of two.
    ['0 0 */2 * sat', false, true, true],
  ])('%s', (text, thursday12, friday13, saturday14) => {
    const schedule = table(text);
    expect([isDueOn(schedule, 11, 12, 4), isDueOn(schedule, 11, 13, 5), isDueOn(schedule, 11, 14, 6)]).toEqual([
      thursday12,
      friday13,
      saturday14,
    ]);
  });
});

test.each<[string, string | undefined]>([
  ['Europe/Berlin', undefined],
  ['Etc/UTC', undefined],
  ['UTC', undefined],
  ['America/Argentina/Buenos_Aires', undefined],
  ['', 'timeZone must be nil or non-empty string'],
  ['local', 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
  ['Mars/Olympus', 'unknown time zone Mars/Olympus'],
  ['+02:00', 'unknown time zone +02:00'],
])('time zone %s', (name, expected) => {
  expect(timeZoneFault(name)).toBe(expected);
});
