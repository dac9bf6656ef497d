import { constants, createDeflate, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpdyError } from './frames.ts';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.ts';
import { HEADER_DICTIONARY } from './header-dictionary.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const value = fc.string({ unit: 'binary-ascii', maxLength: 60 });
const headers: fc.Arbitrary<Headers> = fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true });

/** Blocks as another implementation writes them: one compressor for all, flushed after each. */
async function compressed(blocks: readonly Buffer[], dictionary: Buffer | undefined): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary });
  const out: Buffer[] = [];
  for (const block of blocks) {
    await new Promise<void>((resolve) => {
      deflate.write(block);
      deflate.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    out.push(deflate.read() as Buffer);
  }
  deflate.destroy();
  return out;
}

function plain(all: Headers): Buffer {
  const length = (count: number) => Buffer.of(count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255);
  const words = Object.entries(all).flat();
  return Buffer.concat([
    length(words.length / 2),
    ...words.flatMap((word) => [length(word.length), Buffer.from(word, 'latin1')]),
  ]);
}

test('the dictionary is the one that everybody has', () => {
  // A zlib stream names its dictionary by checksum; this is that of SPDY/3.
  const begin = createDeflate({ dictionary: HEADER_DICTIONARY });
  begin.end('x');
  return expect(
    new Promise((resolve) => begin.once('readable', () => resolve(begin.read().subarray(2, 6).toString('hex')))),
  ).resolves.toBe('e3c6a7c2');
});

test('headers come out as they went in, block after block', () => {
  fc.assert(
    fc.property(fc.array(headers, { maxLength: 10 }), (blocks) => {
      const [writer, reader] = [new HeaderWriter(), new HeaderReader()];
      for (const block of blocks) expect(reader.read(writer.write(block))).toEqual(block);
    }),
  );
});

test('and so do those of a compressor that remembers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(headers, { maxLength: 10 }), fc.boolean(), async (blocks, known) => {
      const reader = new HeaderReader();
      const sent = await compressed(blocks.map(plain), known ? HEADER_DICTIONARY : undefined);
      for (const [index, block] of sent.entries()) expect(reader.read(block)).toEqual(blocks[index]);
    }),
    { numRuns: 30 },
  );
});

test('what cannot be read is refused, whatever it is', () => {
  const garbage = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const inflatable = garbage.map((inner) => Buffer.concat([Buffer.of(0x78, 1), deflateRawSync(inner)]));
  fc.assert(
    fc.property(fc.oneof(garbage, inflatable), (block) => {
      try {
        new HeaderReader().read(block);
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyError);
      }
    }),
  );
});

test('a little that would become much is not inflated', async () => {
  const [bomb] = await compressed([Buffer.alloc(50_000_000)], HEADER_DICTIONARY);
  expect(() => new HeaderReader().read(bomb!)).toThrow(/cannot be inflated/);
  const [many] = await compressed([Buffer.from('00ffffff', 'hex')], HEADER_DICTIONARY);
  expect(() => new HeaderReader().read(many!)).toThrow(/16777215 headers; at most 100/);
});
