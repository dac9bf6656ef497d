import { describe, expect, test } from 'vitest';
import { Registry } from '../../platform/metrics.ts';
import { InFlight } from './in-flight.ts';
import { requestMetrics } from './metrics.ts';

const watching = { type: 'resource', verb: 'watch', group: '', version: 'v1', plural: 'pods' } as const;

describe('what is under way', () => {
  test('requests are counted by whether they change something', async () => {
    const registry = new Registry();
    const inFlight = new InFlight({ requests: 1, longRunning: 1 }, requestMetrics(registry));
    inFlight.enter('GET');
    const leave = inFlight.enter('POST');
    inFlight.enter('PATCH');
    leave();
    expect(inFlight.counts).toEqual({ readOnly: 1, mutating: 1 });
    const told = await registry.getSingleMetricAsString('apiserver_current_inflight_requests');
    expect(told).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 1');
  });

  test('streams are bounded, and room that is given back is used again', () => {
    const inFlight = new InFlight({ requests: 1, longRunning: 1 }, requestMetrics(new Registry()));
    const leave = inFlight.enterLongRunning(watching);
    expect(() => inFlight.enterLongRunning(watching)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code: 429, details: { retryAfterSeconds: 1 } }) }),
    );
    expect(() => inFlight.enter('GET')).not.toThrow();
    leave();
    expect(() => inFlight.enterLongRunning(watching)).not.toThrow();
  });
});
