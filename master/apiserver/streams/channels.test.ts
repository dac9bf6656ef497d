import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHANNEL_PROTOCOLS, type ChannelProtocol, channelMessage, readInput } from './channels.ts';
import { processOptions } from './exec-options.ts';
import { endOf } from './process-relay.ts';
import { proxiedPath } from './proxy.ts';
import { readProxyName } from './proxy-target.ts';

const message = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text, 'latin1')]);

test.each<[string, Buffer, ChannelProtocol, unknown]>([
  ['input', message(0, 'ab'), 'v4.channel.k8s.io', { type: 'stdin', data: Buffer.from('ab') }],
  ['no input', message(0, ''), 'v4.channel.k8s.io', undefined],
  ['a size', message(4, '{"Width":80,"Height":24}'), 'v5.channel.k8s.io', { type: 'resize', width: 80, height: 24 }],
  ['no size', message(4, '{"Width":0,"Height":24}'), 'v5.channel.k8s.io', undefined],
  ['a broken size', message(4, '{"Width"'), 'v5.channel.k8s.io', undefined],
  ['a size of null', message(4, 'null'), 'v5.channel.k8s.io', undefined],
  ['the end of the input', message(255, '\0'), 'v5.channel.k8s.io', { type: 'end' }],
  ['of which v4 knows nothing', message(255, '\0'), 'v4.channel.k8s.io', undefined],
  ['the end of something else', message(255, '\x01'), 'v5.channel.k8s.io', undefined],
  ['output of a client', message(1, 'x'), 'v5.channel.k8s.io', undefined],
  ['nothing', Buffer.alloc(0), 'v5.channel.k8s.io', undefined],
])('%s', (_what, bytes, protocol, meant) => {
  expect(readInput(bytes, protocol)).toEqual(meant);
});

test('no message of a client is too strange', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(...CHANNEL_PROTOCOLS), (bytes, protocol) => {
      readInput(Buffer.from(bytes), protocol);
    }),
  );
});

test('messages to the client begin with their channel', () => {
  expect(channelMessage('stdout', Buffer.from('a')).toString('latin1')).toBe('\x01a');
  expect(channelMessage('stderr', Buffer.from('a')).toString('latin1')).toBe('\x02a');
  expect(channelMessage('status', Buffer.from('{}')).toString('latin1')).toBe('\x03{}');
});

test('how a process ended, as clients read it', () => {
  expect(endOf({ ok: true, exitCode: 0, message: '' })).toEqual({ metadata: {}, status: 'Success' });
  expect(endOf({ ok: true, exitCode: 3, message: '' })).toEqual({
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: 'command terminated with non-zero exit code: 3',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
  expect(endOf({ ok: false, exitCode: 0, message: 'why' })).toMatchObject({ reason: 'InternalError', code: 500 });
});

test('which streams are wanted', () => {
  const read = (query: string, attach = false) => processOptions(new URLSearchParams(query), attach);
  expect(read('command=a&command=b&stdout=true&stderr=1&stdin=0')).toEqual({
    ...{ command: ['a', 'b'], stdin: false, stdout: true, stderr: true, tty: false },
  });
  expect(read('stdin=true&stdout=true&stderr=true&tty=true', true)).toEqual({
    ...{ command: [], stdin: true, stdout: true, stderr: false, tty: true },
  });
  expect(() => read('command=a')).toThrow('you must specify at least 1 of stdin, stdout, stderr');
  expect(() => read('stdout=true')).toThrow('at least one command');
});

test.each([
  ['web', { scheme: 'http', name: 'web', port: '' }],
  ['web:8080', { scheme: 'http', name: 'web', port: '8080' }],
  ['https:web:', { scheme: 'https', name: 'web', port: '' }],
  [':web:http', { scheme: 'http', name: 'web', port: 'http' }],
])('a proxy is asked for %s', (text, read) => expect(readProxyName(text)).toEqual(read));

test.each(['', ':80', 'ftp:web:21', 'a:b:c:d'])('nothing can be asked of "%s"', (text) => {
  expect(() => readProxyName(text)).toThrow(/write NAME, NAME:PORT or SCHEME:NAME:PORT/);
});

test.each([
  ['/api/v1/namespaces/n/pods/p/proxy', '/api/v1/namespaces/n/pods/p/proxy', ''],
  ['/api/v1/namespaces/n/pods/p:1/proxy/', '/api/v1/namespaces/n/pods/p:1/proxy', '/'],
  ['/api/v1/nodes/n/proxy/proxy//a%2Fb', '/api/v1/nodes/n/proxy', '/proxy//a%2Fb'],
])('the path behind %s', (whole, base, path) => expect(proxiedPath(whole)).toEqual({ base, path }));
