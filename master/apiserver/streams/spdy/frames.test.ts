import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, FrameReader, frameBytes, SpdyError } from './frames.ts';

type Sent = Exclude<Frame, { type: 'ignored' }>;

const streamId = fc.integer({ min: 1, max: 0x7fffffff });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const word = fc.integer({ min: 0, max: 0xffffffff });
const frame: fc.Arbitrary<Sent> = fc.oneof(
  fc.record({ type: fc.constant('data' as const), streamId, fin: fc.boolean(), data: bytes }),
  fc.record({
    type: fc.constantFrom('synStream' as const, 'synReply' as const, 'headers' as const),
    ...{ streamId, fin: fc.boolean(), block: bytes },
  }),
  fc.record({ type: fc.constantFrom('rstStream' as const, 'goAway' as const), streamId, status: word }),
  fc.record({ type: fc.constant('ping' as const), id: word }),
);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

/** Cuts bytes into pieces of the given sizes, over and over, as a socket would. */
function* pieces(whole: Buffer, cuts: readonly number[]): Generator<Buffer> {
  for (let from = 0, index = 0; from < whole.length; index++) {
    const size = cuts[index % cuts.length]!;
    yield whole.subarray(from, from + size);
    from += size;
  }
}

test('frames come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      expect(new FrameReader().read(Buffer.concat(frames.map(frameBytes)))).toEqual(frames);
    }),
  );
});

test('however the bytes are cut', () => {
  const story = (frames: readonly Frame[]) => {
    const lines: string[] = [];
    const data = new Map<number, Buffer>();
    for (const one of frames) {
      if (one.type !== 'data') lines.push(JSON.stringify(one));
      else {
        data.set(one.streamId, Buffer.concat([data.get(one.streamId) ?? Buffer.alloc(0), one.data]));
        if (one.fin) lines.push(`end of ${one.streamId}`);
      }
    }
    return { lines, data: [...data].map(([id, all]) => [id, all.toString('hex')]) };
  };
  fc.assert(
    fc.property(fc.array(frame), sizes, (frames, cuts) => {
      const reader = new FrameReader();
      const read = [...pieces(Buffer.concat(frames.map(frameBytes)), cuts)].flatMap((piece) => reader.read(piece));
      expect(story(read)).toEqual(story(frames));
    }),
  );
});

describe('what is no SPDY', () => {
  test('is refused or read as something, and never breaks the reader', () => {
    const broken = fc.tuple(frame, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([one, at, value]) => {
      const whole = frameBytes(one);
      whole[at % Math.min(whole.length, 12)] = value;
      return whole;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, broken)), sizes, (parts, cuts) => {
        const reader = new FrameReader();
        try {
          for (const piece of pieces(Buffer.concat(parts), cuts)) reader.read(piece);
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });

  test.each([
    ['HTTP', Buffer.from('\xffTTP/1.1 200 OK', 'latin1'), /version/],
    ['a control frame without an end', Buffer.from('8003000100ffffff', 'hex'), /at most 65536/],
    ['a stream that is opened with nothing', Buffer.from('8003000100000004000000010000', 'hex'), /only 4 bytes/],
    ['a reset without a stream', Buffer.from('8003000300000000', 'hex'), /only 0 bytes/],
  ])('%s', (_what, whole, message) => {
    expect(() => new FrameReader().read(whole)).toThrow(message);
  });

  test('a type that nobody knows is passed over', () => {
    const unknown = Buffer.from('80030042000000020102', 'hex');
    const ping: Sent = { type: 'ping', id: 1 };
    expect(new FrameReader().read(Buffer.concat([unknown, frameBytes(ping)]))).toEqual([{ type: 'ignored' }, ping]);
  });
});
