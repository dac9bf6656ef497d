import { timestampMs } from './times.ts';

/** Lines of a description as cells; the printer aligns them (columns.ts). Indentation belongs to the first cell. */
export type Row = readonly string[];

export const row = (level: number, ...cells: readonly string[]): Row => [
  '  '.repeat(level) + (cells[0] ?? ''),
  ...cells.slice(1),
];

/** `Name:  value`. */
export const field = (level: number, name: string, value: unknown): Row => row(level, `${name}:`, textOf(value));

/** A heading with lines below it; `<none>` beside the heading when there are none. */
export const section = (level: number, name: string, rows: readonly Row[]): Row[] =>
  rows.length > 0 ? [row(level, `${name}:`), ...rows] : [row(level, `${name}:`, '<none>')];

/** One line per value, the first beside the heading. */
export function lines(level: number, name: string, values: readonly string[]): Row[] {
  if (values.length === 0) return [row(level, `${name}:`, '<none>')];
  return values.map((value, index) => row(level, index === 0 ? `${name}:` : '', value));
}

/** A small table under a heading, with a ruled header. */
export function table(
  level: number,
  name: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Row[] {
  if (rows.length === 0) return [row(level, `${name}:`, '<none>')];
  const rule = header.map((title) => '-'.repeat(title.length));
  return [row(level, `${name}:`), ...[header, rule, ...rows].map((cells) => row(level + 1, ...cells))];
}

/** `a=1` per line, in key order. */
export const pairLines = (level: number, name: string, map: Record<string, string> | undefined): Row[] =>
  lines(level, name, pairs(map, '='));

export const pairs = (map: Record<string, string> | undefined, separator: string): string[] =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}${separator}${value}`);

/** `  cpu:  100m` under a heading; nothing at all when the map is empty. */
export function quantities(level: number, name: string, map: Record<string, string> | undefined): Row[] {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return [];
  return [row(level, `${name}:`), ...entries.map(([key, value]) => field(level + 1, key, value))];
}

const LONGEST_ANNOTATION = 140;
const HIDDEN_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** Annotations, without what apply remembers; long ones are cut. */
export function annotationLines(level: number, annotations: Record<string, string> | undefined): Row[] {
  const shown = Object.entries(annotations ?? {}).filter(([key]) => key !== HIDDEN_ANNOTATION);
  const texts = shown.sort().map(([key, value]) => {
    const text = `${key}: ${value.replace(/\s*\n\s*/g, ' ')}`;
    return text.length > LONGEST_ANNOTATION ? `${text.slice(0, LONGEST_ANNOTATION - 3)}...` : text;
  });
  return lines(level, 'Annotations', texts);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const two = (value: number) => String(value).padStart(2, '0');

/** `Mon, 02 Jan 2006 15:04:05 +0100`: this machine's local time, as kubectl prints it. */
export function dateText(timestamp: string | undefined): string {
  const ms = timestampMs(timestamp);
  if (ms === undefined) return '<unset>';
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${DAYS[date.getDay()]}, ${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return '<none>';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
