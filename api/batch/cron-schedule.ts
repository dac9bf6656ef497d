/**
 * When a cron job is due ("CronJob": schedule syntax). Five fields (minute, hour, day of the month, month, day of the week) of
 * lists, ranges and steps; names of months and days in any case; `?` as another star; `@hourly` and the like; `@every 1h30m`.
 */

/** Due at every minute whose fields are all among these; see {@link isDueOn} for the two fields of days. */
export interface CronTable {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Whether the field is a star: then the other one alone says which days are meant. */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
}

export interface CronInterval {
  /** Whole seconds, at least one. */
  readonly everyMs: number;
}

export type CronSchedule = CronTable | CronInterval;

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Words for the numbers from `low` on. */
  readonly words: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const MINUTE: Field = { name: 'minute', low: 0, high: 59, words: [] };
const HOUR: Field = { name: 'hour', low: 0, high: 23, words: [] };
const DAY_OF_MONTH: Field = { name: 'day of the month', low: 1, high: 31, words: [] };
const MONTH: Field = { name: 'month', low: 1, high: 12, words: MONTHS };
const DAY_OF_WEEK: Field = { name: 'day of the week', low: 0, high: 6, words: DAYS };

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** Longer texts are no schedules, and would be costly to read. */
const LONGEST = 1024;
const EVERY = '@every ';
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

class CronFault extends Error {}
const fail = (message: string): never => {
  throw new CronFault(message);
};

function numberOf(text: string, { name, low, high, words }: Field): number {
  const word = words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + low : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= low && value <= high
    ? value
    : fail(
        `found ${JSON.stringify(text)} as the ${name}, expected ${low} to ${high}${words.length ? ' or a name' : ''}`,
      );
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly isStar: boolean;
}

/** `*`, `7`, `2-5`, each with `/STEP`; a number with a step goes on to the end. */
function spanOf(text: string, field: Field): Span {
  const [range = '', stepText, ...more] = text.split('/');
  if (more.length > 0) fail(`found ${JSON.stringify(text)} as the ${field.name}: too many slashes`);
  const step = stepText === undefined ? 1 : /^\d{1,9}$/.test(stepText) ? Number(stepText) : 0;
  if (step === 0)
    fail(`found ${JSON.stringify(text)} as the ${field.name}: the step must be a positive number, as in */15`);
  if (range === '*' || range === '?') return { first: field.low, last: field.high, step, isStar: step === 1 };
  const [low = '', high, ...rest] = range.split('-');
  if (rest.length > 0) fail(`found ${JSON.stringify(text)} as the ${field.name}: too many hyphens`);
  const first = numberOf(low, field);
  const last = high !== undefined ? numberOf(high, field) : stepText === undefined ? first : field.high;
  if (first > last)
    fail(`found ${JSON.stringify(text)} as the ${field.name}: the range begins (${first}) after its end (${last})`);
  return { first, last, step, isStar: false };
}

function valuesOf(text: string, field: Field): { values: ReadonlySet<number>; isStar: boolean } {
  const spans = text.split(',').map((part) => spanOf(part, field));
  const values = new Set<number>();
  for (const { first, last, step } of spans) for (let value = first; value <= last; value += step) values.add(value);
  return { values, isStar: spans.some((span) => span.isStar) };
}

function intervalOf(text: string): CronInterval {
  const duration = text.slice(EVERY.length);
  const parts = [...duration.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  const totalMs = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
  const isWhole = parts.map(([part]) => part).join('') === duration && parts.length > 0;
  if (!isWhole || !Number.isSafeInteger(Math.trunc(totalMs)))
    fail(`found ${JSON.stringify(duration)} after @every, expected a duration such as 1h30m`);
  return { everyMs: Math.max(1000, Math.trunc(totalMs / 1000) * 1000) };
}

function tableOf(text: string): CronTable {
  const words = text.split(/\s+/).filter(Boolean);
  if (words.length !== 5)
    fail(`expected exactly 5 fields, found ${words.length}: minute, hour, day of the month, month, day of the week`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = words;
  const ofMonth = valuesOf(dayOfMonth, DAY_OF_MONTH);
  const ofWeek = valuesOf(dayOfWeek, DAY_OF_WEEK);
  return {
    minutes: valuesOf(minute, MINUTE).values,
    hours: valuesOf(hour, HOUR).values,
    daysOfMonth: ofMonth.values,
    months: valuesOf(month, MONTH).values,
    daysOfWeek: ofWeek.values,
    anyDayOfMonth: ofMonth.isStar,
    anyDayOfWeek: ofWeek.isStar,
  };
}

/** The schedule, or what is wrong with the text. */
export function parseCronSchedule(text: string): CronSchedule | { readonly fault: string } {
  try {
    if (text.length > LONGEST) fail(`expected at most ${LONGEST} characters, found ${text.length}`);
    if (!text.startsWith('@')) return tableOf(text);
    if (text.startsWith(EVERY)) return intervalOf(text);
    const table = SHORTHANDS.get(text);
    return tableOf(
      table ?? fail(`found ${JSON.stringify(text)}, expected one of ${[...SHORTHANDS.keys()].join(', ')}`),
    );
  } catch (error) {
    if (error instanceof CronFault) return { fault: error.message };
    throw error;
  }
}

/** Whether the table means that day. Where both fields of days say something, one of them is enough. */
export function isDueOn(table: CronTable, month: number, dayOfMonth: number, dayOfWeek: number): boolean {
  if (!table.months.has(month)) return false;
  const [ofMonth, ofWeek] = [table.daysOfMonth.has(dayOfMonth), table.daysOfWeek.has(dayOfWeek)];
  return table.anyDayOfMonth || table.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek;
}

/** What is wrong with the name of a time zone (IANA); undefined when nothing is. */
export function timeZoneFault(name: string): string | undefined {
  if (!name) return 'timeZone must be nil or non-empty string';
  if (name.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  // Offsets such as +02:00 are no names, though they can be computed with.
  if (!/^[A-Za-z][-+/\w]*$/.test(name)) return `unknown time zone ${name}`;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return `unknown time zone ${name}`;
  }
}
