import { type CronSchedule, type CronTable, isDueOn } from './cron-schedule.ts';

/** When a schedule is due. All times in milliseconds since the epoch. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A table that is not due within this is never due: the 29th of February comes by then, the 30th never. */
const LONGEST_MS = (8 * 366 + 1) * DAY_MS;

/** The clock on the wall somewhere. */
interface Civil {
  /** 1 to 12. */
  readonly month: number;
  readonly dayOfMonth: number;
  /** 0 is Sunday. */
  readonly dayOfWeek: number;
  readonly hour: number;
  readonly minute: number;
}

/**
 * The first time after `afterMs` at which the schedule is due in the time zone (IANA name); undefined when it never is. Where clocks
 * are put forward, what falls into the hour that is left out is not due; where they are put back, it is due in both hours.
 */
export function nextDueMs(schedule: CronSchedule, afterMs: number, timeZone: string): number | undefined {
  if ('everyMs' in schedule) return Math.floor(afterMs / 1_000) * 1_000 + schedule.everyMs;
  const civil = clockIn(timeZone);
  let atMs = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  const endMs = afterMs + LONGEST_MS;
  while (atMs <= endMs) {
    const skipMs = msToLook(schedule, civil(atMs));
    if (skipMs === 0) return atMs;
    atMs += skipMs;
  }
  return undefined;
}

/** 0 when it is due at this minute; else how long it surely is not. */
function msToLook(table: CronTable, { month, dayOfMonth, dayOfWeek, hour, minute }: Civil): number {
  const toNextHour = (60 - minute) * MINUTE_MS;
  if (!isDueOn(table, month, dayOfMonth, dayOfWeek)) {
    // A day may be shorter by an hour or two where clocks are put forward.
    const hours = Math.max(0, 23 - hour - 2);
    return toNextHour + hours * HOUR_MS;
  }
  if (!table.hours.has(hour)) return toNextHour;
  for (let later = minute; later < 60; later++) if (table.minutes.has(later)) return (later - minute) * MINUTE_MS;
  return toNextHour;
}

/** Looked back over, one after the other, until one holds a time. */
const WINDOWS_MS = [HOUR_MS, DAY_MS, 32 * DAY_MS, 366 * DAY_MS, LONGEST_MS];

/** The last time after `sinceMs` and not after `nowMs` at which the schedule was due; undefined when there was none. */
export function lastDueMs(
  schedule: CronSchedule,
  sinceMs: number,
  nowMs: number,
  timeZone: string,
): number | undefined {
  if ('everyMs' in schedule) {
    const firstMs = nextDueMs(schedule, sinceMs, timeZone) ?? Number.POSITIVE_INFINITY;
    return firstMs > nowMs ? undefined : firstMs + Math.floor((nowMs - firstMs) / schedule.everyMs) * schedule.everyMs;
  }
  for (const windowMs of WINDOWS_MS) {
    let lastMs: number | undefined;
    let dueMs = nextDueMs(schedule, Math.max(sinceMs, nowMs - windowMs), timeZone);
    while (dueMs !== undefined && dueMs <= nowMs) {
      lastMs = dueMs;
      dueMs = nextDueMs(schedule, dueMs, timeZone);
    }
    if (lastMs !== undefined || nowMs - windowMs <= sinceMs) return lastMs;
  }
  return undefined;
}

/** How many times lie after `sinceMs` and not after `nowMs`, counted no further than `most`. */
export function dueCount(
  schedule: CronSchedule,
  sinceMs: number,
  nowMs: number,
  timeZone: string,
  most: number,
): number {
  let count = 0;
  let dueMs = nextDueMs(schedule, sinceMs, timeZone);
  while (dueMs !== undefined && dueMs <= nowMs && count < most) {
    count++;
    dueMs = nextDueMs(schedule, dueMs, timeZone);
  }
  return count;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function clockIn(timeZone: string): (atMs: number) => Civil {
  if (timeZone === 'UTC') return utcClock;
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short' },
    ...{ month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      month: Number(parts.month),
      dayOfMonth: Number(parts.day),
      dayOfWeek: WEEKDAYS.indexOf(parts.weekday ?? ''),
      hour: Number(parts.hour),
      minute: Number(parts.minute),
    };
  };
}

function utcClock(atMs: number): Civil {
  const date = new Date(atMs);
  return {
    month: date.getUTCMonth() + 1,
    dayOfMonth: date.getUTCDate(),
    dayOfWeek: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}
