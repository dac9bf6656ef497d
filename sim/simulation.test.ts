import { describe, expect, test } from 'vitest';
import { REGRESSIONS } from './regressions.ts';
import { simulate } from './simulate.fixture.ts';

const SLOW = { timeout: 240_000 };
/** Small enough that many fit into a minute. */
const SMALL = ['--nodes', '3', '--users', '2'];

describe('a simulated cell', () => {
  test.concurrent.each([1, 2])('replays seed %i to the last event', SLOW, async (seed) => {
    const args = ['--seed', String(seed), '--hours', '0.04', '--calm', '2', ...SMALL];
    const [first, second] = [await simulate(...args), await simulate(...args)];
    expect(first.lastLine).toMatch(/^events \d{4,} hash [0-9a-f]{16}$/);
    expect(second.lastLine).toBe(first.lastLine);
  });

  test('another seed is another run', SLOW, async () => {
    const [one, other] = await Promise.all(
      ['3', '4'].map((seed) => simulate('--seed', seed, '--hours', '0.01', '--calm', '1', ...SMALL)),
    );
    expect(one?.lastLine).not.toBe(other?.lastLine);
  });

  test('keeps its promises for seeds that nobody has tried', SLOW, async () => {
    // Chance is wanted here, and the failure names its seed.
    const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    const run = await simulate('--seed', seed, '--seeds', '1000', '--seconds', '120', '--hours', '0.1', ...SMALL);
    expect(run.code, run.text).toBe(0);
  });

  for (const { found, args } of REGRESSIONS) {
    test(`no longer: ${found}`, SLOW, async () => {
      const run = await simulate(...args);
      expect(run.code, run.text).toBe(0);
    });
  }
});

test('a master that dies at any commit changes nothing of the outcome', SLOW, async () => {
  for (const scenario of ['garbage', 'volume']) {
    const run = await simulate('--commit-points', scenario);
    expect(run.code, run.text).toBe(0);
    expect(run.text).toMatch(/ [1-9]\d+ points, 0 with another outcome/);
  }
});

test('says what it does not understand', SLOW, async () => {
  const run = await simulate('--faults', 'gremlins');
  expect(run.code).toBe(2);
  expect(run.text).toContain('--faults names gremlins: known are agent-crash,');
});
