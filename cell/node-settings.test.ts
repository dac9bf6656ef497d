import { describe, expect, test } from 'vitest';
import { DEFAULT_NODE_OPTIONS } from '../agent/node-options.ts';
import { resolveSettings } from './config.ts';
import { nodeOptionsOf, nodeSettings } from './node-settings.ts';

const options = (flags: Record<string, string>) =>
  nodeOptionsOf({ ...resolveSettings(nodeSettings, { flags, env: {} }), dataDir: '/data' });

describe('how a machine is shared', () => {
  test('is as Kubernetes has it unless told otherwise', () => {
    expect(options({})).toEqual({ ...DEFAULT_NODE_OPTIONS, seccompRoot: '/data/seccomp' });
  });

  test('amounts are counted in the units of the books', () => {
    const read = options({
      'system-reserved': 'cpu=500m,memory=1Gi',
      'kube-reserved': 'ephemeral-storage=1k',
      'extended-resources': 'nvidia.com/gpu=2',
    });
    expect(read).toMatchObject({
      systemReserved: { cpu: 500, memory: 1024 ** 3 },
      kubeReserved: { 'ephemeral-storage': 1000 },
      extendedResources: { 'nvidia.com/gpu': 2 },
    });
  });

  test('thresholds are hard, or soft with a grace of their own', () => {
    const read = options({
      'eviction-hard': 'memory.available<1Gi,nodefs.available<5%',
      'eviction-soft': 'memory.available<2Gi',
      'eviction-soft-grace-period': 'memory.available=1m30s',
      'eviction-pressure-transition-period': '30s',
    });
    expect(read.evictionHard).toEqual([
      { signal: 'memory.available', amount: 1024 ** 3, graceMs: 0 },
      { signal: 'nodefs.available', share: 0.05, graceMs: 0 },
    ]);
    expect(read.evictionSoft).toEqual([{ signal: 'memory.available', amount: 2 * 1024 ** 3, graceMs: 90_000 }]);
    expect(read.pressureTransitionMs).toBe(30_000);
  });

  test.each([
    ['system-reserved', 'gpu=1', /holds "gpu", which is none of cpu/],
    ['system-reserved', 'cpu', /holds "cpu", which is not like name=value/],
    ['kube-reserved', 'memory=lots', /holds "lots"/],
    ['extended-resources', 'gpu=1', /holds the name "gpu"/],
    ['extended-resources', 'a.b/c=1.5', /no whole number/],
    ['eviction-hard', 'memory.free<1Gi', /not like SIGNAL<AMOUNT/],
    ['eviction-hard', 'memory.available<lots', /must be a quantity/],
    ['eviction-soft', 'memory.available<1Gi', /no grace period: give it one/],
    ['eviction-soft-grace-period', 'memory.available=soon', /must be a duration/],
  ])('--%s %s is refused', (flag, value, why) => {
    expect(() => options({ [flag]: value })).toThrow(why);
  });
});
