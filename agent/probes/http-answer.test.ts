import { describe, expect, test } from 'vitest';
import { answerOf } from './http-answer.ts';

const lines = (...of: string[]) => of.join('\r\n');

describe('an answer', () => {
  const whole: [what: string, text: string, status: number][] = [
    ['with a length', lines('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok'), 200],
    ['in chunks', lines('HTTP/1.1 500 Oh', 'transfer-encoding: Chunked', '', '2', 'ok', '0', '', ''), 500],
    ['in chunks, with trailers', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '0', 'a: b', '', ''), 200],
    ['without a body', lines('HTTP/1.1 204 No Content', '', ''), 204],
    ['that is empty', lines('HTTP/1.0 200', 'Content-Length:0', '', ''), 200],
    [
      'after an interim one',
      lines('HTTP/1.1 103 Early Hints', '', 'HTTP/1.1 404 No', 'content-length: 0', '', ''),
      404,
    ],
    ['to a change of protocol', lines('HTTP/1.1 101 Switching Protocols', '', ''), 101],
    ['of which enough is known', lines('HTTP/1.1 200 OK', '', 'x'.repeat(10_240)), 200],
  ];
  for (const [what, text, status] of whole) {
    test(`${what} is whole at its last byte, and not before`, () => {
      for (let end = 0; end < text.length; end += Math.max(1, text.length >> 6))
        expect(answerOf(text.slice(0, end), false)).toBeUndefined();
      expect(answerOf(text.slice(0, -1), false)).toBeUndefined();
      expect(answerOf(text, false)).toEqual({ status, location: undefined });
    });
  }

  test('without a length ends with its connection', () => {
    const text = lines('HTTP/1.1 302 Found', 'Location: /there ', '', 'bod');
    expect(answerOf(text, false)).toBeUndefined();
    expect(answerOf(text, true)).toEqual({ status: 302, location: '/there' });
  });

  const broken: [text: string, message: string][] = [
    ['', 'closed before there was an answer'],
    ['HTTP/1.1 200 OK\r\nHost:', 'closed before there was an answer'],
    ['SSH-2.0-OpenSSH_9.7\r\n', 'malformed'],
    [lines('HTTP/1.1 what', '', ''), 'malformed'],
  ];
  for (const [text, message] of broken)
    test(`is not ${JSON.stringify(text)}`, () => expect(() => answerOf(text, true)).toThrow(message));

  test('with headers that never end is given up', () => {
    expect(() => answerOf(`HTTP/1.1 200 OK\r\n${'x'.repeat(70_000)}`, false)).toThrow('no end');
  });
});
