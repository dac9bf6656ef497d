import fc from 'fast-check';
import type { FromAgent, FromMaster, PodRef } from '../../../proto/messages.ts';
import { jsonOf } from '../grammar/grammar.ts';

/** Messages of the protocol between master and agent as chance makes them: right in their form, since what is not never gets this far. */

const KEYS = `
  apiVersion kind metadata name namespace uid labels annotations deletionTimestamp resourceVersion spec nodeName
  containers initContainers image command env volumes secret secretName emptyDir sizeLimit status phase conditions type
  reason containerStatuses state running startedAt restartCount ready capacity allocatable cpu memory addresses images
  sizeBytes nodeInfo taints podIPs ip hostIP`
  .trim()
  .split(/\s+/);
const leaves = fc.constantFrom<unknown>(
  'Running',
  'Failed',
  'Ready',
  'True',
  '100m',
  '-1Gi',
  'n1',
  'p',
  'u',
  '../..',
  '10.0.0.1',
  1,
  -5,
  '2026-01-02T03:04:05Z',
);
export const hostile = jsonOf(KEYS, leaves);

/** A shape that gets far, with hostile parts. */
const object = fc.record(
  {
    metadata: fc.record(
      {
        name: fc.constantFrom('p', 'q', '../x', ''),
        namespace: fc.constantFrom('default', ''),
        uid: fc.constantFrom('u', 'v', '..', ''),
      },
      { requiredKeys: [] },
    ),
    spec: hostile,
    status: hostile,
  },
  { requiredKeys: [] },
);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(object, hostile).map((value) => JSON.stringify(value) ?? '') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '{',
      'null',
      '[]',
      '7',
      `${'['.repeat(5_000)}`,
      `{"a":${'{"a":'.repeat(2_000)}`,
      '\u0000',
    ),
  },
);
const statusText = fc.oneof(
  { weight: 3, arbitrary: hostile.map((value) => JSON.stringify(value) ?? '') },
  { weight: 1, arbitrary: text },
);
const number = fc.constantFrom(0, 1, -1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 1e308);
const word = fc.constantFrom('', 'a', 'Warning', '..', 'é'.repeat(1_000), '\n', '__proto__');

/** `known`: pods there are. */
export function fromAgent(known: readonly PodRef[]): fc.Arbitrary<FromAgent> {
  const pod = fc.oneof(fc.constantFrom(...known), fc.record({ namespace: word, name: word, uid: word }));
  const usage = fc.record({ windowMs: number, cpuNanocores: number, memoryBytes: number });
  const event = fc.record({
    pod: fc.option(pod, { nil: undefined }),
    type: word,
    reason: word,
    message: word,
    container: word,
    count: number,
    firstMs: number,
    lastMs: number,
  });
  return fc.oneof(
    fc.record({ message: fc.constant('node'), node: fc.record({ statusJson: statusText }) }),
    fc.record({
      message: fc.constant('pods'),
      pods: fc.record({
        reports: fc.array(
          fc.tuple(pod, statusText).map(([ref, statusJson]) => ({ ...ref, statusJson })),
          { maxLength: 3 },
        ),
      }),
    }),
    fc.record({ message: fc.constant('gone'), gone: fc.record({ pods: fc.array(pod, { maxLength: 3 }) }) }),
    fc.record({ message: fc.constant('event'), event }),
    fc.record({
      message: fc.constant('usage'),
      usage: fc.record({ atMs: number, node: fc.option(usage, { nil: undefined }), pods: fc.constant([]) }),
    }),
    fc.record({ message: fc.constant('erased'), erased: fc.record({ names: fc.array(word, { maxLength: 3 }) }) }),
    fc.constant({ message: 'heartbeat', heartbeat: {} }),
    fc.constant({}),
  ) as unknown as fc.Arbitrary<FromAgent>;
}

export const helloText = fc.oneof(
  text,
  fc.constant(JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }] } })),
);

const plural = fc.constantFrom('pods', 'pods', 'pods', 'secrets', 'configmaps', 'nodes', 'persistentvolumes', 'x', '');
export const fromMaster: fc.Arbitrary<FromMaster> = fc.oneof(
  fc.record({
    message: fc.constant('assignments'),
    assignments: fc.record({
      complete: fc.boolean(),
      upserts: fc.array(fc.record({ plural, namespace: word, name: fc.oneof(word, fc.constant('p')), json: text }), {
        maxLength: 3,
      }),
      removals: fc.array(fc.record({ plural, namespace: word, name: word, uid: word }), { maxLength: 2 }),
    }),
  }),
  fc.record({
    message: fc.constant('openTunnel'),
    openTunnel: fc.record({
      id: word,
      what: fc.constantFrom('log', 'exec', undefined),
      log: fc.record({
        pod: fc.option(fc.record({ namespace: word, name: word, uid: word }), { nil: null }),
        container: word,
        follow: fc.boolean(),
        previous: fc.boolean(),
        timestamps: fc.boolean(),
        tailLines: number,
      }),
    }),
  }),
  fc.record({ message: fc.constant('closeTunnel'), closeTunnel: fc.record({ id: word }) }),
  fc.constant({}),
) as unknown as fc.Arbitrary<FromMaster>;
