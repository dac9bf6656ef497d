import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { timestamp } from '../../../platform/clock.ts';
import { inDeletionOrder } from './deletion-order.ts';

const NOW_MS = Date.parse('2030-01-01T00:00:00Z');

/** A pod on a node, ready for so many seconds. */
const ready = (name: string, seconds: number, annotations = {}): Pod => ({
  metadata: { name, annotations, creationTimestamp: timestamp(NOW_MS - 60_000) },
  spec: { nodeName: 'n1', containers: [] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(NOW_MS - seconds * 1000) }],
  },
});

const order = (pods: readonly Pod[], minReadySeconds: number) =>
  inDeletionOrder(pods, new Map(), NOW_MS, minReadySeconds).map(({ metadata }) => metadata?.name);

test('one that is ready, but not for long enough to be available, goes before one that is available, however dear', () => {
  const dear = { 'controller.kubernetes.io/pod-deletion-cost': '100' };
  const pods = [ready('a', 5), ready('b', 4, dear)];
  expect(order(pods, 5)).toEqual(['b', 'a']);
  expect(order(pods, 0)).toEqual(['a', 'b']);
  expect(order(pods, 60)).toEqual(['a', 'b']);
});
