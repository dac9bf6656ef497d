import { expect, test } from 'vitest';
import { ageOf, shortDuration } from './age.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-5, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [9 * minute + 59, '9m59s'],
  [10 * minute + 1, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 5 * minute, '3h5m'],
  [8 * hour + 5 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + 3 * hour, '2d3h'],
  [8 * day + 3 * hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [740 * day, '2y10d'],
  [9 * 365 * day, '9y'],
])('%d s is %s', (seconds, text) => expect(shortDuration(seconds * 1000)).toBe(text));

test('age of an object', () => {
  expect(ageOf({}, 0)).toBe('<unknown>');
  expect(ageOf({ metadata: { creationTimestamp: '2026-01-01T00:00:00Z' } }, Date.UTC(2026, 0, 1, 0, 1))).toBe('60s');
});
