import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import type { LogOptions } from '../../runtime.ts';
import { LogDecoder } from './decoder.ts';
import { openJsonLog } from './reader.ts';

const TIME = '2026-03-01T10:00:00.12Z';
/** As Go's encoder writes strings: beyond JSON's own escapes, HTML's characters and two line separators. */
const goString = (text: string): string =>
  JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const entry = (text: string, time = TIME, stream = 'stdout') =>
  `{"log":${goString(text)},"stream":"${stream}","time":"${time}"}\n`;

describe('decoding', () => {
  function decode(bytes: Buffer, options = { timestamps: false }, cuts: number[] = []): string {
    const decoder = new LogDecoder(options);
    const target = Buffer.alloc(bytes.length);
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    let [text, from] = ['', 0];
    for (const end of ends) {
      const piece = bytes.subarray(from, end);
      const { read, written } = decoder.decode(Buffer.from(piece), piece.length, target);
      text += target.toString('utf8', 0, written);
      from += read;
    }
    return text;
  }

  test('whatever was written comes back, wherever the reads end', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'u', 'é') }),
    );
    const stream = fc.constantFrom('stdout', 'stderr');
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, stream)), cuts, (entries, cuts) => {
        const bytes = Buffer.from(entries.map(([text, stream]) => entry(text, TIME, stream)).join(''));
        expect(decode(bytes, undefined, cuts)).toBe(entries.map(([text]) => Buffer.from(text).toString()).join(''));
      }),
    );
  });

  test.each([
    ['a time at each start of a line, with nine digits', entry('a\n') + entry('half '), '10:00:00.120000000Z a\n'],
    ['none inside a line', entry('half ') + entry('whole\n'), '10:00:00.120000000Z half whole\n'],
    ['a second without a fraction', entry('a\n', '2026-03-01T10:00:00Z'), '10:00:00.000000000Z a\n'],
  ])('%s', (_, bytes, end) => {
    expect(decode(Buffer.from(bytes), { timestamps: true })).toContain(`2026-03-01T${end}`);
  });

  test('entries with labels are parsed, and halves left out', () => {
    const labelled = `{"log":"b\\n","stream":"stdout","attrs":{"tag":"x"},"time":"${TIME}"}\n`;
    expect(decode(Buffer.from(`${entry('a\n')}${labelled}{"log":"ha\n\0\0\n${entry('c\n')}`))).toBe('a\nb\nc\n');
  });
});

describe('reading files', () => {
  let dir: string;
  let path: string;
  let leave: AbortController;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-log-'));
    path = join(dir, 'x-json.log');
    leave = new AbortController();
  });
  afterEach(async () => {
    leave.abort();
    await rm(dir, { recursive: true });
  });

  async function open(options: Partial<LogOptions> = {}, ended: Promise<unknown> = Promise.resolve()) {
    const given = { follow: false, timestamps: false, ...options };
    return await openJsonLog({ path, options: given, ended, signal: leave.signal, clock: systemClock });
  }
  async function read(options?: Partial<LogOptions>): Promise<string> {
    let text = '';
    for await (const piece of (await open(options)) ?? []) text += Buffer.from(piece).toString();
    return text;
  }
  const line = (n: number) => entry(`${n}\n`, new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString());
  const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join('');
  /** As the engine does it, the oldest first. */
  async function rotate(files: number): Promise<void> {
    for (let index = files - 1; index > 0; index--) {
      await rename(index === 1 ? path : `${path}.${index - 1}`, `${path}.${index}`).catch(() => {});
    }
    await writeFile(path, '');
  }

  test('all files from the oldest on, the last lines, and what was written since', async () => {
    await writeFile(`${path}.2`, lines(0, 10));
    await writeFile(`${path}.1`, lines(10, 20));
    await writeFile(path, lines(20, 30));
    expect(await read()).toBe(numbers(0, 30));
    for (const tail of [0, 1, 9, 10, 11, 25, 30, 99]) {
      expect(await read({ tailLines: tail })).toBe(numbers(Math.max(0, 30 - tail), 30));
    }
    expect(await read({ sinceMs: Date.UTC(2026, 0, 1, 0, 0, 15) })).toBe(numbers(15, 30));
    expect(await read({ sinceMs: Date.UTC(2026, 0, 1, 0, 0, 15), tailLines: 3 })).toBe(numbers(27, 30));
  });

  test('a tail is found across blocks', async () => {
    await writeFile(path, lines(0, 20_000));
    expect(await read({ tailLines: 15_000 })).toBe(numbers(5_000, 20_000));
  });

  test('files that are compressed or absent are left to the engine', async () => {
    expect(await open()).toBeUndefined();
    await writeFile(path, line(1));
    await writeFile(`${path}.1.gz`, '');
    expect(await open()).toBeUndefined();
  });

  test('whoever follows loses nothing over rotations and hears of the end', async () => {
    const end = Promise.withResolvers<void>();
    await writeFile(path, lines(0, 5));
    const pieces = (await open({ follow: true }, end.promise))!;
    let text = '';
    const done = (async () => {
      for await (const piece of pieces) text += Buffer.from(piece).toString();
    })();
    for (let n = 5; n < 300; n++) {
      // Half an entry first, as a reader may see it.
      await appendFile(path, line(n).slice(0, 20));
      await appendFile(path, line(n).slice(20));
      if (n % 50 === 0) await rotate(5);
    }
    end.resolve();
    await done;
    expect(text).toBe(numbers(0, 300));
  });

  test('a follower that was left behind goes on with the oldest there is', async () => {
    const end = Promise.withResolvers<void>();
    await writeFile(path, line(0));
    const pieces = (await open({ follow: true }, end.promise))!;
    expect(Buffer.from((await pieces.next()).value!).toString()).toBe('0\n');
    for (let n = 1; n < 6; n++) {
      await rotate(3);
      await appendFile(path, line(n));
    }
    end.resolve();
    let text = '';
    for await (const piece of pieces) text += Buffer.from(piece).toString();
    expect(text).toBe(numbers(3, 6));
  });

  test('a file that somebody emptied is read from its start', async () => {
    const end = Promise.withResolvers<void>();
    await writeFile(path, lines(0, 3));
    const pieces = (await open({ follow: true }, end.promise))!;
    await pieces.next();
    const next = pieces.next();
    await truncate(path);
    await appendFile(path, line(7));
    expect(Buffer.from((await next).value!).toString()).toBe('7\n');
  });

  test('an engine that went away while it was followed is told of', async () => {
    await writeFile(path, line(0));
    const end = Promise.withResolvers<void>();
    const pieces = (await open({ follow: true }, end.promise))!;
    await pieces.next();
    end.reject(new Error('the engine is away'));
    await expect(pieces.next()).rejects.toThrow('the engine is away');
  });
});
