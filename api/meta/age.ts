import type { ApiObject } from './object.ts';

const two = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;

/** A duration in milliseconds as kubectl prints ages: two units at most, coarser as it grows (`95s`, `3m20s`, `26h`, `8d`). */
export function shortDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (Number.isNaN(seconds) || seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds || 0}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

/** Time since `timestamp` (RFC 3339), or `<unknown>` when there is none. */
export const since = (timestamp: string | undefined, nowMs: number): string =>
  timestamp ? shortDuration(nowMs - Date.parse(timestamp)) : '<unknown>';

/** Age of an object by its creation time. */
export const ageOf = (object: ApiObject, nowMs: number): string => since(object.metadata?.creationTimestamp, nowMs);
