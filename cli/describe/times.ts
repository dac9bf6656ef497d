/** Milliseconds since the epoch of an RFC 3339 time; `undefined` when there is none. */
export function timestampMs(timestamp: string | undefined): number | undefined {
  if (!timestamp) return undefined;
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? undefined : ms;
}
