import { type Document, isScalar, Lexer, LineCounter, parseDocument, visit } from 'yaml';
import { ApiError, tooLarge } from '../../api/meta/errors.ts';
import { MAX_DEPTH, tooDeep } from '../../api/meta/json.ts';
import { BODY_LIMIT_BYTES } from './request-body.ts';

/**
 * YAML takes far longer to read than JSON, and nobody else is served meanwhile: this many tokens (some ten thousand lines) take about
 * a second, whatever they are.
 */
const MAX_TOKENS = 100_000;
/** Parts that hold parts many times over must not unfold to far more than was sent. */
const MAX_ALIASES = 100;
/** The parser calls itself for each level, and tells of the end of the stack as of a fault in the text. */
const OVERFLOW = 'Maximum call stack size exceeded';

export interface YamlBody {
  readonly value: unknown;
  /** The first key that stands twice in one place, in a sentence; its last value counts. */
  readonly duplicate?: string | undefined;
}

/**
 * Reads a body of one document. Throws what `fault` makes of a sentence for what is no YAML, 400 for what is too deep, and 413 for more
 * than is read.
 */
export function readYaml(bytes: Buffer, fault: (why: string) => ApiError): YamlBody {
  const text = bytes.toString('utf8');
  refuseTooLong(text);
  const lineCounter = new LineCounter();
  // Keys are compared below, in linear time, and a picture of each of many faults would take longer than all the rest.
  const options = { merge: true, uniqueKeys: false, prettyErrors: false, lineCounter, logLevel: 'silent' } as const;
  try {
    const document = parseDocument(text, options);
    const [first] = document.errors;
    if (document.errors.some(({ message }) => message.startsWith(OVERFLOW))) throw new RangeError(OVERFLOW);
    if (first) throw fault(`${first.message} at ${placeOf(lineCounter, first.pos[0])}`);
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (text.includes('*')) refuseUnfolded(value);
    return { value, duplicate: duplicateIn(document, lineCounter) };
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    if (cause instanceof RangeError) throw tooDeep('the body of the request');
    throw fault(cause instanceof Error ? cause.message : String(cause));
  }
}

function refuseTooLong(text: string): void {
  let count = 0;
  for (const _ of new Lexer().lex(text)) {
    count += 1;
    if (count <= MAX_TOKENS) continue;
    const why = `the YAML of the request is longer than is read (${MAX_TOKENS} tokens); send it as JSON`;
    throw new ApiError(413, 'RequestEntityTooLarge', why);
  }
}

/** A few aliases of one long text are little to read, and much to keep; one of what it stands in has no end. */
function refuseUnfolded(value: unknown): void {
  let length = 0;
  const measure = (part: unknown, depth: number): void => {
    if (depth > MAX_DEPTH) throw tooDeep('the body of the request');
    length += typeof part === 'string' ? part.length : 1;
    if (length > BODY_LIMIT_BYTES) throw tooLarge(BODY_LIMIT_BYTES);
    if (typeof part !== 'object' || part === null) return;
    for (const inner of Object.values(part)) measure(inner, depth + 1);
  };
  measure(value, 0);
}

function duplicateIn(document: Document, lines: LineCounter): string | undefined {
  let found: string | undefined;
  visit(document, {
    Map(_, map) {
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (keys.has(key.value)) {
          found = `Map keys must be unique: ${JSON.stringify(key.value)} stands again at ${placeOf(lines, key.range?.[0] ?? 0)}`;
          return visit.BREAK;
        }
        keys.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}
