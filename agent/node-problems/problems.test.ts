import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rebooted } from './boot.ts';
import { ClockSkew } from './clock-skew.ts';
import { problemConditions } from './problems.ts';
import { readOnlyOf } from './read-only.ts';

const of = (type: string, ...[health]: Parameters<typeof problemConditions>) =>
  problemConditions(health).find((one) => one.type === type);

test('a disk that takes no writes', () => {
  expect(of('ReadonlyFilesystem', { readOnly: [], clockAheadMs: 0 })?.status).toBe('False');
  expect(of('ReadonlyFilesystem', { readOnly: ['/data'], clockAheadMs: 0 })).toMatchObject({
    status: 'True',
    message: expect.stringContaining('/data is mounted read-only'),
  });
});

test.each([
  [undefined, 'Unknown', 'has not been compared'],
  [29_000, 'False', 'agrees'],
  [-31_000, 'True', 'about 1 min behind'],
  [3_600_000, 'True', 'about 60 min ahead of'],
])('a clock that is %s ms ahead', (clockAheadMs, status, words) => {
  expect(of('ClockSkew', { readOnly: [], clockAheadMs })).toMatchObject({
    status,
    message: expect.stringContaining(words),
  });
});

test('a boot is news once, and the first is none', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-test-boot-'));
  try {
    const file = join(dir, 'boot-id');
    expect(await rebooted(file, 'a')).toBe(false);
    expect(await rebooted(file, 'a')).toBe(false);
    expect(await rebooted(file, 'b')).toBe(true);
    expect(await rebooted(file, 'b')).toBe(false);
    expect(await readOnlyOf([dir, join(dir, 'absent')])).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a clock that is set during a session is noticed', () => {
  let [nowMs, sinceBootMs] = [1_000_000, 5_000];
  const skew = new ClockSkew({ now: () => nowMs, monotonicMs: () => sinceBootMs, setTimer: () => ({ cancel() {} }) });
  expect(skew.aheadMs).toBeUndefined();
  skew.compare(999_000);
  expect(skew.aheadMs).toBe(1_000);
  nowMs += 60_000;
  sinceBootMs += 60_000;
  expect(skew.aheadMs).toBe(1_000);
  nowMs -= 45_000;
  expect(skew.aheadMs).toBe(-44_000);
  skew.compare(nowMs);
  expect(skew.aheadMs).toBe(0);
});
