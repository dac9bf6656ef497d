import { expect, test } from 'vitest';
import { logRotationOf, logSettings } from './log-settings.ts';

test.each([
  ['10Mi', 10 * 1024 ** 2],
  ['1M', 1_000_000],
  ['2048', 2048],
])('a log may grow to %s', (text, bytes) => {
  expect(logSettings.logMaxSize.read(text)).toBe(bytes);
});

test.each(['0', '12', '-1Mi', 'much'])('but not to %s', (text) => {
  expect(() => logSettings.logMaxSize.read(text)).toThrow('must be a size of at least 1024 bytes, such as 10Mi');
});

test('one file is not enough: it could not be rotated', () => {
  expect(() => logSettings.logMaxFiles.read('1')).toThrow('from 2 to 1000');
  expect(logRotationOf({ logMaxSize: 4096, logMaxFiles: 3 })).toEqual({ maxBytes: 4096, maxFiles: 3 });
});
