import { expect, test } from 'vitest';
import { resolveSettings } from './config.ts';
import { imageOptionsOf, imageSettings } from './image-settings.ts';

const options = (flags: Record<string, string>) => imageOptionsOf(resolveSettings(imageSettings, { flags, env: {} }));

test("images are looked after by Kubernetes' thresholds unless told otherwise", () => {
  expect(options({})).toMatchObject({ policy: { highPercent: 85, lowPercent: 80 }, pullsAtOnce: 3 });
  const flags = { 'image-gc-high-threshold': '60', 'image-gc-low-threshold': '40', 'max-parallel-image-pulls': '1' };
  expect(options(flags)).toMatchObject({ policy: { highPercent: 60, lowPercent: 40 }, pullsAtOnce: 1 });
});

test('thresholds the wrong way round are refused', () => {
  expect(() => options({ 'image-gc-high-threshold': '50' })).toThrow(
    '--image-gc-low-threshold 80 must be below --image-gc-high-threshold 50',
  );
});
