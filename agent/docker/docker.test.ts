import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerEvent } from './container-info.ts';
import { hostOptions } from './engine.ts';
import { runtimeError } from './errors.ts';
import { demultiplex, jsonLines } from './streams.ts';

/** Cuts bytes into pieces of the given sizes, as a socket would. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (let index = 0; from < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

test('a multiplexed stream comes apart the same however it is cut', async () => {
  const frames = fc.array(
    fc.record({ stream: fc.constantFrom('stdout', 'stderr'), text: fc.string({ maxLength: 30 }) }),
  );
  await fc.assert(
    fc.asyncProperty(frames, sizes, async (written, cuts) => {
      const bytes = Buffer.concat(
        written.map(({ stream, text }) => {
          const header = Buffer.alloc(8);
          header[0] = stream === 'stdout' ? 1 : 2;
          header.writeUInt32BE(Buffer.byteLength(text), 4);
          return Buffer.concat([header, Buffer.from(text)]);
        }),
      );
      const read = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
      for await (const { stream, data } of demultiplex(pieces(bytes, cuts))) read[stream].push(data);
      for (const stream of ['stdout', 'stderr'] as const) {
        const wanted = written.filter((one) => one.stream === stream).map((one) => one.text);
        expect(Buffer.concat(read[stream]).toString()).toBe(wanted.join(''));
      }
    }),
  );
});

test('JSON lines come apart the same however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.object()), sizes, async (values, cuts) => {
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
      const read: unknown[] = [];
      for await (const value of jsonLines(pieces(bytes, cuts))) read.push(value);
      expect(JSON.stringify(read)).toBe(JSON.stringify(values));
    }),
  );
});

describe('errors', () => {
  test.each([
    [404, 'No such image: x:1', 'image-missing'],
    [404, 'No such container: x', 'not-found'],
    [409, 'Conflict. The container name is in use', 'conflict'],
    [400, 'invalid mount', 'invalid'],
    [500, 'it broke', 'failed'],
  ])('%i %s is %s', (statusCode, message, kind) => {
    const thrown = Object.assign(new Error(`(HTTP code ${statusCode}) some words - ${message} `), {
      statusCode,
      json: { message },
    });
    expect(runtimeError('create container a', thrown)).toMatchObject({
      kind,
      message: `cannot create container a: ${message}`,
    });
  });

  test('a socket that does not answer is unreachable', () => {
    const thrown = Object.assign(new Error('connect ENOENT /var/run/docker.sock'), { code: 'ENOENT' });
    expect(runtimeError('list containers', thrown)).toMatchObject({ kind: 'unreachable', cause: thrown });
  });
});

test('hosts', () => {
  expect(hostOptions('unix:///x.sock')).toMatchObject({ socketPath: '/x.sock' });
  expect(hostOptions('tcp://10.0.0.1:2376')).toMatchObject({ host: '10.0.0.1', port: 2376 });
  expect(hostOptions('10.0.0.1')).toMatchObject({ host: '10.0.0.1', port: 2375 });
  expect(() => hostOptions('ssh://x')).toThrow('write unix:///path/to/docker.sock or tcp://host:port');
});

test('events', () => {
  const Actor = { ID: 'x', Attributes: { name: 'n', image: 'i', exitCode: '3', label: 'l' } };
  const timeNano = 1_500_000_000_123 * 1e6;
  expect(containerEvent({ Action: 'die', Actor, timeNano })).toEqual({
    type: 'died',
    id: 'x',
    name: 'n',
    image: 'i',
    labels: { label: 'l' },
    atMs: 1_500_000_000_123,
    exitCode: 3,
  });
  expect(containerEvent({ Action: 'exec_start: ls', Actor, timeNano })).toBeUndefined();
});
