import { describe, expect, test } from 'vitest';
import { Registry } from '../../platform/metrics.ts';
import { InFlight } from './in-flight.ts';
import { requestMetrics } from './metrics.ts';

const inFlight = () => new InFlight({ requests: 2, longRunning: 1 }, requestMetrics(new Registry()));
const watching = { type: 'resource', verb: 'watch', group: '', version: 'v1', plural: 'pods' } as const;

describe('what is under way', () => {
  test('is bounded, and room that is given back is used again', () => {
    const counts = inFlight();
    counts.enter('GET');
    const leave = counts.enter('POST');
    expect(() => counts.enter('GET')).toThrow(/too many requests/);
    leave();
    expect(() => counts.enter('GET')).not.toThrow();
  });

  test('watches have room of their own', () => {
    const counts = inFlight();
    const leave = counts.enterLongRunning(watching);
    expect(() => counts.enterLongRunning(watching)).toThrow(/too many requests/);
    expect(() => counts.enter('GET')).not.toThrow();
    leave();
    expect(() => counts.enterLongRunning(watching)).not.toThrow();
  });

  test('a refusal says when to come back', () => {
    const counts = new InFlight({ requests: 0, longRunning: 0 }, requestMetrics(new Registry()));
    expect(() => counts.enter('GET')).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code: 429, details: { retryAfterSeconds: 1 } }) }),
    );
  });
});
