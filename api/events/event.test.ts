import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryOf } from '../arbitrary.suite.ts';
import { EventSchema as CoreSchema } from '../core/event.ts';
import { decode } from '../meta/decode.ts';
import type { ResourceDefinition, StoredForm } from '../meta/definition.ts';
import { created, lines, MINIMAL } from '../sample.suite.ts';
import { EventSchema, newEvents } from './event.ts';

const { resource, toStored, fromStored } = newEvents.stored as StoredForm;

/** What a client would have of it. */
const decoded = (of: ResourceDefinition, value: object) =>
  decode(of, { ...value, apiVersion: undefined, kind: undefined }).object;

test('nothing is lost on the way to the stored form and back', () => {
  fc.assert(
    fc.property(arbitraryOf(EventSchema), arbitraryOf(CoreSchema), (ours, theirs) => {
      const event = decoded(newEvents as ResourceDefinition, ours);
      const { regarding = {}, ...back } = fromStored(toStored(event)) as typeof event & { regarding?: object };
      expect({ regarding, ...back }).toEqual({ regarding: {}, ...event });
      const stored = decoded(resource, theirs);
      expect(toStored(fromStored(stored))).toEqual(stored);
    }),
  );
});

test('fields go by their names in the core group', () => {
  const event = created(newEvents, MINIMAL['Event.events.k8s.io'] ?? {}).object;
  expect(toStored({ ...event, note: 'text', deprecatedCount: 3 } as typeof event)).toMatchObject({
    apiVersion: 'v1',
    message: 'text',
    count: 3,
    involvedObject: { kind: 'Pod', name: 'web' },
    reportingComponent: 'example.com/starter',
  });
});

test('who writes the newer form must say more', () => {
  expect(lines(created(newEvents, { metadata: { name: 'a', namespace: 'default' } }).faults)).toEqual([
    'eventTime: Required value',
    'type: Invalid value: "": has invalid value: expected Normal or Warning',
    'reportingController: Required value',
    'reportingInstance: Required value',
    'action: Required value',
    'reason: Required value',
  ]);
});
