import { describe, expect, test } from 'vitest';
import { DOCUMENTS } from './documents.ts';
import { fuzz } from './grammar.ts';
import { WORDS } from './words.ts';

/** A moment of each, with the same values every time; `npm run fuzz` goes on for longer. */
describe('whatever is read, it is read or refused soon and in words', () => {
  test.each([...WORDS, ...DOCUMENTS].map((grammar) => [grammar.name, grammar] as const))('%s', async (_, grammar) => {
    const { tried, fault } = await fuzz(grammar, { seed: 1, forMs: 300 });
    expect(fault).toBeUndefined();
    expect(tried).toBeGreaterThan(0);
  });
});
