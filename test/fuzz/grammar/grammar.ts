import fc from 'fast-check';

/** What can be read, from right to hostile, and who reads it. */
export interface Grammar<T = unknown> {
  readonly name: string;
  readonly values: fc.Arbitrary<T>;
  /** Reads one of them; throws only what people are meant to see. */
  read(value: T): unknown;
  /** Whether the reader is meant to throw this. */
  readonly refuses: (error: Error) => boolean;
}

/** So much processor time may one reading take, whatever else the machine does, and so much more for each character. */
const MAX_CPU_MS = 300;
const CPU_MS_PER_CHARACTER = 0.01;
/** A refusal may quote what it refuses, and say a little more. */
const MAX_WORDS = 4_000;
const MAX_QUOTES = 3;
/** Texts that show a programmer's slip. */
const SLIPS = /\[object |is not a function|Cannot read|Maximum call stack|is not iterable|Invalid array length/;

export interface FuzzOptions {
  readonly seed: number;
  readonly forMs: number;
}

/** Tries values until the time is over. The sentence about the first, made as small as possible, that is read badly; else their number. */
export async function fuzz<T>(
  grammar: Grammar<T>,
  { seed, forMs }: FuzzOptions,
): Promise<{ readonly tried: number; readonly fault?: string }> {
  let tried = 0;
  const until = performance.now() + 2 * forMs;
  const property = fc.asyncProperty(grammar.values, async (value) => {
    // What was found is made smaller for as long again.
    if (performance.now() > until) return;
    tried += 1;
    const size = sizeOf(value);
    const most = MAX_CPU_MS + size * CPU_MS_PER_CHARACTER;
    // What takes long for another reason than itself does not take long twice.
    let cpuMs = await readOnce(grammar, value, size);
    if (cpuMs > most) cpuMs = Math.min(cpuMs, await readOnce(grammar, value, size));
    if (cpuMs > most) throw new Error(`it takes ${Math.round(cpuMs)} ms of the processor to read ${size} characters`);
  });
  const result = await fc.check(property, {
    ...{ seed, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: forMs, endOnFailure: false },
  });
  if (!result.failed || result.counterexample === null) return { tried };
  const shown = JSON.stringify(result.counterexample[0])?.slice(0, 600);
  return {
    tried,
    fault: `${grammar.name}: ${shown} (seed ${seed}): ${(result.errorInstance as Error)?.stack?.slice(0, 2_000)}`,
  };
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : (JSON.stringify(value)?.length ?? 0);

async function readOnce<T>(grammar: Grammar<T>, value: T, size: number): Promise<number> {
  const before = process.cpuUsage();
  try {
    await grammar.read(value);
  } catch (error) {
    if (!(error instanceof Error)) throw new Error(`it throws ${String(error)}, which is no error`);
    if (!grammar.refuses(error)) throw error;
    if (SLIPS.test(error.message)) throw new Error(`a slip: ${error.message}`, { cause: error });
    if (error.message.length > MAX_WORDS + MAX_QUOTES * size)
      throw new Error(`${error.message.length} characters to say ${error.message.slice(0, 300)}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Words of a language in any order, some of them very often, with any other text between. */
export function babble(words: readonly string[], longest = 12, most = 1_000): fc.Arbitrary<string> {
  const word = fc.constantFrom(...words);
  const repeated = fc.tuple(word, fc.constantFrom(1, 1, 1, 1, 2, 50, most)).map(([text, times]) => text.repeat(times));
  const piece = fc.oneof(
    { weight: 8, arbitrary: repeated },
    { weight: 1, arbitrary: fc.string({ maxLength: 5, unit: 'binary' }) },
  );
  return fc.array(piece, { maxLength: longest }).map((pieces) => pieces.join(''));
}

/** Any JSON, with keys that mean something to somebody. */
export function jsonOf(keys: readonly string[], leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '', '0', 'x'.repeat(5_000)) },
  );
  const scalar = fc.oneof(
    leaves,
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 2 ** 53, '', 'a', '\u0000', 'é'.repeat(2_000)),
  );
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).value;
}
