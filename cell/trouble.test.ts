import { describe, expect, test } from 'vitest';
import { CommandFailure } from '../cli/failure.ts';
import { Misconfigured } from '../platform/misconfigured.ts';
import { Trouble, verdictOn } from './trouble.ts';

const systemError = (code: string, fields: object = {}) =>
  Object.assign(new Error(`${code}: it failed`), { code, ...fields });

describe('known trouble is one sentence without a stack', () => {
  test.each([
    [systemError('EADDRINUSE', { port: 6443, address: '0.0.0.0' }), 'port 6443 on 0.0.0.0 is already in use'],
    [systemError('EACCES', { path: '/var/lib/stowage' }), '/var/lib/stowage may not be written'],
    [systemError('EACCES', { port: 443 }), 'port 443 needs more rights'],
    [systemError('EROFS', { path: '/ro' }), '/ro lies on a read-only file system'],
    [systemError('ENOTDIR', { path: '/etc/passwd/x' }), '/etc/passwd/x is not a directory'],
    [new Error('starting the master', { cause: systemError('EADDRINUSE', { port: 1 }) }), 'port 1'],
    [Object.assign(new Error('etcd does\nnot answer'), { name: 'StoreUnavailable' }), 'etcd does; not answer'],
    [new Misconfigured('cannot read the key /k'), 'cannot read the key /k'],
    [new Trouble('there is no cell'), 'there is no cell'],
    [new CommandFailure('Error from server (NotFound): no'), 'Error from server (NotFound): no'],
  ])('%s', (error, sentence) => {
    const { message, exitCode } = verdictOn(error);
    expect(message).toContain(sentence);
    expect(message).not.toContain('\n');
    expect(exitCode).toBe(1);
  });

  test('bad usage has an exit code of its own', () => {
    expect(verdictOn(new Trouble('--port?', 2)).exitCode).toBe(2);
  });
});

test('a bug keeps its stack', () => {
  const { message, exitCode } = verdictOn(new TypeError('x is undefined'));
  expect(message).toContain('TypeError: x is undefined');
  expect(message).toContain('trouble.test.ts');
  expect(exitCode).toBe(1);
});
