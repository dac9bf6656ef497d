/** Nobody's entry is longer: the engine cuts lines at 16 KiB, of which escaping makes six times as much at most. */
export const LONGEST_ENTRY_BYTES = 256 * 1024;

export interface DecoderOptions {
  /** Each line starts with its time and a space. */
  readonly timestamps: boolean;
  /** Entries before the first one written at or after this time are left out. */
  readonly sinceMs?: number;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const HEAD = Buffer.from('{"log":"');
/** Between the text and the time; the other stream's name is as long. */
const MIDDLE = Buffer.from('","stream":"stdout","time":"');
const MIDDLE_CHECKED = '","stream":"std'.length;
/** Behind the time. */
const TAIL_BYTES = '"}'.length;
/** As the kubelet prints it: nine digits of a second, whatever the engine wrote. */
const STAMP_CHARS = '2006-01-02T15:04:05.000000000Z'.length;

/**
 * Turns what Docker's json-file driver keeps, an object a line (`{"log":"text\n","stream":"stdout","time":"..."}`), into what the
 * container wrote. Entries in the form in which the engine writes them are taken apart byte by byte, without parsing; others are
 * parsed. Holds no bytes, only where it is: whether the next text begins a line, and whether the time asked for has been reached.
 */
export class LogDecoder {
  readonly #timestamps: boolean;
  readonly #sinceMs: number;
  #reached: boolean;
  #lineStart = true;

  constructor({ timestamps, sinceMs }: DecoderOptions) {
    this.#timestamps = timestamps;
    this.#sinceMs = sinceMs ?? 0;
    this.#reached = sinceMs === undefined;
  }

  /**
   * Decodes the whole entries among the first `length` bytes of `source` to the start of `target`, which must be as large: text is
   * always shorter than its entry. Returns how much was read and how much written; what was not read is the start of an entry.
   */
  decode(source: Buffer, length: number, target: Buffer): { read: number; written: number } {
    let start = 0;
    let written = 0;
    while (start < length) {
      const end = source.indexOf(NEWLINE, start);
      if (end < 0 || end >= length) break;
      written = this.#entry(source, start, end, target, written);
      start = end + 1;
    }
    return { read: start, written };
  }

  /** One entry, from `start` up to its newline at `end`. Returns where the next text goes. */
  #entry(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
    const timeStart = startOfTime(source, start, end);
    if (timeStart < 0) return this.#unusual(source, start, end, target, at);
    if (!this.#reached && !this.#reaches(source.toString('latin1', timeStart, end - TAIL_BYTES))) return at;
    const textStart = start + HEAD.length;
    const textEnd = timeStart - MIDDLE.length;
    let to = at;
    if (this.#timestamps && this.#lineStart) {
      to = stamp(source.toString('latin1', timeStart, end - TAIL_BYTES), target, to);
    }
    const slash = source.indexOf(BACKSLASH, textStart);
    // The usual line has one escape, its newline.
    if (slash === textEnd - 2 && source[slash + 1] === LETTER_N) {
      source.copy(target, to, textStart, slash);
      to += slash - textStart;
      target[to++] = NEWLINE;
    } else {
      to = unescapeText(source, textStart, textEnd, target, to);
    }
    if (to > at) this.#lineStart = target[to - 1] === NEWLINE;
    return to;
  }

  /** One that this engine does not write (labels are kept with it, or another order), or none at all. */
  #unusual(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
    const found = parsed(source.toString('utf8', start, end));
    if (!found || (!this.#reached && !this.#reaches(found.time))) return at;
    let to = at;
    if (this.#timestamps && this.#lineStart) to = stamp(found.time, target, to);
    to += target.write(found.log, to);
    if (to > at) this.#lineStart = target[to - 1] === NEWLINE;
    return to;
  }

  #reaches(time: string): boolean {
    this.#reached = Date.parse(time) >= this.#sinceMs;
    return this.#reached;
  }
}

/** Where the time of an entry in the engine's own form starts; negative for another form. */
function startOfTime(source: Buffer, start: number, end: number): number {
  if (source[end - 2] !== QUOTE) return -1;
  let quote = end - TAIL_BYTES - 1;
  while (quote > start && source[quote] !== QUOTE) quote--;
  const timeStart = quote + 1;
  const middle = timeStart - MIDDLE.length;
  if (middle < start + HEAD.length || source[start] !== HEAD[0] || source[start + 7] !== QUOTE) return -1;
  for (let index = 0; index < MIDDLE_CHECKED; index++) if (source[middle + index] !== MIDDLE[index]) return -1;
  return timeStart;
}

function parsed(text: string): { log: string; time: string } | undefined {
  try {
    const { log, time } = JSON.parse(text) as { log?: unknown; time?: unknown };
    return typeof log === 'string' && typeof time === 'string' ? { log, time } : undefined;
  } catch {
    // Half an entry, as a machine that lost power leaves it.
    return undefined;
  }
}

/** Go leaves out zeros at the end of a fraction. */
function stamp(time: string, target: Buffer, at: number): number {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.');
  target.write(`${seconds}.${fraction.padEnd(9, '0')}Z `, at, STAMP_CHARS + 1, 'latin1');
  return at + STAMP_CHARS + 1;
}

const SHORT: Readonly<Record<number, number>> = { 110: 0x0a, 114: 0x0d, 116: 0x09, 98: 0x08, 102: 0x0c };
const LETTER_U = 0x75;

/** JSON's escapes (RFC 8259, "Strings"); everything else is copied. */
function unescapeText(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  let [from, to] = [start, at];
  while (from < end) {
    const found = source.indexOf(BACKSLASH, from);
    const slash = found < 0 || found > end ? end : found;
    source.copy(target, to, from, slash);
    to += slash - from;
    if (slash >= end) break;
    const letter = source[slash + 1] ?? BACKSLASH;
    if (letter === LETTER_U) {
      const length = source.toString('latin1', slash + 6, slash + 8) === '\\u' && isHigh(source, slash) ? 12 : 6;
      to += target.write(JSON.parse(`"${source.toString('latin1', slash, slash + length)}"`), to);
      from = slash + length;
    } else {
      target[to++] = SHORT[letter] ?? letter;
      from = slash + 2;
    }
  }
  return to;
}

/** Whether `\uXXXX` is the first half of a character beyond the basic plane. */
const isHigh = (source: Buffer, slash: number): boolean =>
  /^[dD][89abAB]/.test(source.toString('latin1', slash + 2, slash + 4));
