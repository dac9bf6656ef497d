import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzz } from '../grammar/grammar.ts';
import { protocolGrammars } from './protocol.ts';

let sides: Awaited<ReturnType<typeof protocolGrammars>>;
beforeAll(async () => {
  sides = await protocolGrammars();
});
afterAll(() => sides?.stop());

test.each([0, 1])(
  'whatever is said, the other end goes on (%i)',
  async (which) => {
    const { fault, tried } = await fuzz(sides.grammars[which]!, { seed: 1, forMs: 1_000 });
    expect(fault).toBeUndefined();
    expect(tried).toBeGreaterThan(0);
  },
  60_000,
);
