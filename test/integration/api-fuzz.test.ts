import { afterAll, beforeAll, expect, test } from 'vitest';
import { attack, type Target } from '../fuzz/attack.ts';
import { TARGETS } from '../fuzz/scenery.ts';
import { masterProcess } from '../fuzz/target.ts';

/** A short run of what `npm run fuzz` does for longer, with the same requests each time. */
let target: Target;
beforeAll(async () => {
  target = await masterProcess();
});
afterAll(() => target?.stop());

test('whatever is sent, a master answers soon, in words, and keeps only what is valid', async () => {
  const { findings, scripts } = await attack(target, { resources: TARGETS, firstSeed: 1, seconds: 25, scripts: 600 });
  expect(findings.map(({ seed, complaint, shots }) => `seed ${seed}: ${complaint}\n${shots.join('\n')}`)).toEqual([]);
  expect(scripts).toBeGreaterThan(50);
}, 60_000);
