import { expect, test } from 'vitest';
import { EventBook, type KeptEvent } from './event-book.ts';

const ref = (uid: string) => ({ namespace: 'default', name: uid, uid });
const event = (reason: string, message: string) => ({
  eventType: 'Warning' as const,
  reason,
  message,
  container: 'app',
});

function taken(book: EventBook): KeptEvent[] {
  const told: KeptEvent[] = [];
  expect(book.tell((one) => told.push(one) > 0)).toBe(true);
  return told;
}

test('what happens again counts up, and tells when it first and last did', () => {
  const book = new EventBook();
  for (const nowMs of [1_000, 2_000, 3_000]) book.note(ref('a'), event('Unhealthy', 'no answer'), nowMs);
  book.note(null, event('Rebooted', 'no answer'), 4_000);
  expect(taken(book)).toEqual([
    { ref: ref('a'), event: event('Unhealthy', 'no answer'), count: 3, firstMs: 1_000, lastMs: 3_000 },
    { ref: null, event: event('Rebooted', 'no answer'), count: 1, firstMs: 4_000, lastMs: 4_000 },
  ]);
  expect(taken(book)).toEqual([]);
});

test('many that differ in their words alone are combined after ten', () => {
  const book = new EventBook();
  for (let index = 0; index < 15; index++) book.note(ref('a'), event('Unhealthy', `answer ${index}`), index);
  book.note(ref('a'), event('Unhealthy', 'answer 3'), 99);
  const told = taken(book);
  expect(told).toHaveLength(11);
  expect(told[3]).toMatchObject({ count: 2, lastMs: 99 });
  expect(told[10]).toMatchObject({
    event: { message: '(combined from similar events): answer 14' },
    ...{ count: 5, firstMs: 10, lastMs: 14 },
  });
});

test('when there are too many the rare ones stay', () => {
  const book = new EventBook();
  book.note(ref('rare'), event('FailedMount', 'the one that matters'), 0);
  for (let index = 0; index < 2_000; index++) {
    book.note(ref(`pod-${index % 100}`), event('Unhealthy', `answer ${index}`), index);
  }
  const told = taken(book);
  expect(told).toHaveLength(500);
  expect(told[0]?.event.reason).toBe('FailedMount');
});

test('what is not taken is kept, and nothing is told twice', () => {
  const book = new EventBook();
  for (const message of ['first', 'second', 'third']) book.note(ref('a'), event('Failed', message), 0);
  const told: string[] = [];
  expect(book.tell(({ event: { message } }) => message !== 'second' && told.push(message) > 0)).toBe(false);
  expect(told).toEqual(['first']);
  expect(taken(book).map(({ event: { message } }) => message)).toEqual(['second', 'third']);
});
