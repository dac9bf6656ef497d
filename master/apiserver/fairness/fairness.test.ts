import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import type { User } from '../../user.ts';
import type { RequestInfo } from '../request.ts';
import { Fairness } from './fairness.ts';
import { fairnessMetrics } from './fairness-metrics.ts';
import { Seat } from './level-queue.ts';

const PODS: RequestInfo = { type: 'resource', verb: 'list', group: '', version: 'v1', plural: 'pods' };
const jane: User = { name: 'jane', groups: ['system:authenticated'] };
const joe: User = { name: 'joe', groups: ['system:authenticated'] };
const admin: User = { name: 'admin', groups: ['system:masters'] };
const node: User = { name: 'system:node:n1', groups: ['system:nodes'] };

/** Two seats for people, of which one flow may have one. */
function fair() {
  const clock = new ManualClock();
  const fairness = new Fairness({ seats: 24, clock });
  const registry = new Registry();
  fairnessMetrics(registry, fairness);
  const gone = new AbortController();
  const enter = (user: User, width = 1) => fairness.enter(user, PODS, width, gone.signal);
  return { clock, fairness, registry, gone, enter };
}

describe('fairness', () => {
  test('lets in at once whom it has room for', () => {
    const { enter } = fair();
    expect(enter(jane)).toBeInstanceOf(Seat);
    expect(enter(joe)).toBeInstanceOf(Seat);
  });

  test('lets in who waits as soon as there is room', async () => {
    const { enter } = fair();
    const first = enter(jane) as Seat;
    const second = enter(jane);
    expect(second).toBeInstanceOf(Promise);
    first.leave();
    first.leave();
    const seat = await second;
    expect(enter(jane)).toBeInstanceOf(Promise);
    seat.leave();
  });

  test('keeps levels apart: people take nothing from nodes, and administrators never wait', () => {
    const { enter } = fair();
    for (let i = 0; i < 60; i++) Promise.resolve(enter(jane)).catch(() => {});
    expect(enter(node)).toBeInstanceOf(Seat);
    for (let i = 0; i < 1_000; i++) expect(enter(admin, 10)).toBeInstanceOf(Seat);
  });

  test('sends away who has waited too long, and says when to come back', async () => {
    const { enter, clock, registry } = fair();
    enter(jane);
    const late = Promise.resolve(enter(jane));
    const outcome = late.catch((error: unknown) => error);
    await clock.advance(15_000);
    expect(await outcome).toMatchObject({ status: { code: 429, details: { retryAfterSeconds: 1 } } });
    const labels = 'priority_level="global-default",flow_schema="global-default"';
    const told = await registry.metrics();
    expect(told).toContain(`apiserver_flowcontrol_rejected_requests_total{${labels},reason="time-out"} 1`);
    expect(told).toContain(`apiserver_flowcontrol_current_inqueue_requests{${labels}} 0`);
    expect(told).toContain(`apiserver_flowcontrol_request_wait_duration_seconds_sum{${labels},execute="false"} 15`);
  });

  test('forgets whose client goes away', async () => {
    const { enter, gone, fairness } = fair();
    const seat = enter(jane) as Seat;
    const waiting = Promise.resolve(enter(jane));
    gone.abort();
    await expect(waiting).rejects.toThrow(/went away/);
    await expect(enter(jane)).rejects.toThrow(/went away/);
    expect(fairness.levels['global-default'].waiting).toBe(0);
    seat.leave();
    expect(enter(jane)).toBeInstanceOf(Seat);
  });

  test('bounds who waits, and tells what it does under the names of Kubernetes', async () => {
    const { enter, registry, clock } = fair();
    let refusal: unknown;
    for (let i = 0; i < 52; i++) Promise.resolve(enter(jane)).catch((error: unknown) => (refusal = error));
    await clock.advance(999);
    expect(refusal).toBeUndefined();
    await clock.advance(1);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/too many of its requests are waiting/) });
    const told = await registry.metrics();
    const labels = 'priority_level="global-default",flow_schema="global-default"';
    for (const line of [
      `apiserver_flowcontrol_rejected_requests_total{${labels},reason="queue-full"} 1`,
      `apiserver_flowcontrol_dispatched_requests_total{${labels}} 1`,
      `apiserver_flowcontrol_current_inqueue_requests{${labels}} 50`,
      'apiserver_flowcontrol_current_executing_requests{priority_level="global-default"} 1',
      'apiserver_flowcontrol_current_executing_seats{priority_level="global-default"} 1',
      'apiserver_flowcontrol_nominal_limit_seats{priority_level="global-default"} 2',
    ]) {
      expect(told).toContain(line);
    }
  });
});
