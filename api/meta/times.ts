/** RFC 3339 as Go reads it: a capital T and Z, any offset, any fraction. */
const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d{1,30}))?(Z|[+-]\d{2}:\d{2})$/;

/** What our own components write, days that not every month has aside: nothing is left to find out about it. */
const CANONICAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

const YEAR_0_MS = Date.parse('0000-01-01T00:00:00Z');
const YEAR_10000_MS = Date.parse('+010000-01-01T00:00:00Z');

function parse(text: string): { epochMs: number; micros: string } | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, local = '', fraction = '', zone = 'Z'] = match;
  // Date.parse rolls February 30th over to March; reading it back shows that.
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 19) !== local) return undefined;
  const epochMs = Date.parse(`${local}${zone}`);
  // An offset can carry the time out of the four-digit years.
  if (Number.isNaN(epochMs) || epochMs < YEAR_0_MS || epochMs >= YEAR_10000_MS) return undefined;
  return { epochMs, micros: fraction.slice(0, 6).padEnd(6, '0') };
}

const seconds = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 19);

/** `metav1.Time`: UTC, whole seconds (a fraction is cut off); undefined when the text is not RFC 3339. */
export function canonicalTime(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  const parsed = parse(text);
  return parsed && `${seconds(parsed.epochMs)}Z`;
}

/** `metav1.MicroTime`: UTC, six decimals; undefined when the text is not RFC 3339. */
export function canonicalMicroTime(text: string): string | undefined {
  const parsed = parse(text);
  return parsed && `${seconds(parsed.epochMs)}.${parsed.micros}Z`;
}
