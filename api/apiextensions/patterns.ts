/**
 * Regular expressions in RE2's syntax, which Kubernetes reads them in, as JavaScript reads them. What RE2 has not (backreferences, looking
 * ahead and behind) is refused: with it no engine could promise to be done in linear time.
 */

const POSIX: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\s',
  word: '\\w',
  xdigit: '0-9a-fA-F',
  punct: '!-\\/:-@\\[-`{-~',
};

const BEYOND_RE2 = /(?:^|[^\\])(?:\\\\)*(?:\(\?(?:[=!]|<[=!])|\\[1-9])/;
/** Classes by Unicode property, and code points above the first plane, need the flag that V8's linear engine does not take. */
const NEEDS_UNICODE = /\\[pP]\{|\\x\{|[\u{10000}-\u{10ffff}]/u;

/** Throws where the pattern is none. A pattern of RE2 is searched for in linear time where V8 is told to (platform/linear-patterns.ts). */
export function compilePattern(pattern: string, flags = ''): RegExp {
  if (BEYOND_RE2.test(pattern)) throw new SyntaxError('it looks ahead, behind or back, which takes unbounded time');
  const source = pattern
    .replace(/\(\?P</g, '(?<')
    .replace(/\\z/g, '$')
    .replace(/\\A/g, '^')
    .replace(/\\x\{/g, '\\u{')
    .replace(/\[:(\w+):\]/g, (text, name: string) => POSIX[name] ?? text);
  const insensitive = source.startsWith('(?i)');
  const unicode = NEEDS_UNICODE.test(pattern);
  // With the flag, JavaScript takes no escapes but those that have a meaning.
  const body = unicode ? source.replace(/\\([^\w\s^$\\.*+?()[\]{}|/-])/g, '$1') : source;
  return new RegExp(insensitive ? body.slice(4) : body, `${flags}${unicode ? 'u' : ''}${insensitive ? 'i' : ''}`);
}

/** What is wrong with a pattern; undefined when nothing is. */
export function patternFault(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
