import hooks from 'node:perf_hooks';
import { expect, test, vi } from 'vitest';
import { collectProcessMetrics, Registry } from './metrics.ts';

test('a process tells of itself, and needs no timer for it', async () => {
  const monitor = vi.spyOn(hooks, 'monitorEventLoopDelay');
  const registry = new Registry();
  collectProcessMetrics(registry);
  expect(monitor.mock.calls.filter(([options]) => (options?.resolution ?? 10) < 1e6)).toEqual([]);
  const told = await registry.metrics();
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
    expect(told).toContain(`\n${name} `);
  }
  expect(told).not.toContain('nodejs_eventloop_lag_p99_seconds');
  const busyUntilMs = hooks.performance.now() + 30;
  while (hooks.performance.now() < busyUntilMs);
  const [, ratio] = /^nodejs_eventloop_utilization_ratio (\S+)$/m.exec(await registry.metrics()) ?? [];
  expect(Number(ratio)).toBeGreaterThan(0.5);
  expect(Number(ratio)).toBeLessThanOrEqual(1);
});
