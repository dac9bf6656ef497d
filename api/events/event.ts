import { type Event as CoreEvent, events as coreEvents, EventSourceSchema } from '../core/event.ts';
import { ObjectReferenceSchema } from '../core/references.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import { type ApiObject, metadata, metaOf, typeMeta } from '../meta/object.ts';
import { described, int32, microTime, optional, type Static, string, struct, time } from '../meta/schema.ts';
import { validateEvent } from './event-validation.ts';

/** Events as newer programs speak of them (Kubernetes API reference, events.k8s.io); kept as events of the core group. */

export const EventSeriesSchema = struct('io.k8s.api.events.v1.EventSeries', 'An event that keeps happening.', {
  count: int32('How often it has happened.'),
  lastObservedTime: microTime('When it last happened.'),
});

export const EventSchema = struct('io.k8s.api.events.v1.Event', 'Something that happened to an object; kept a while.', {
  action: optional(string('What was done or failed.')),
  ...typeMeta,
  deprecatedCount: optional(int32('How often it has happened, as the core group counts.')),
  deprecatedFirstTimestamp: optional(time('When it first happened, as the core group says it.')),
  deprecatedLastTimestamp: optional(time('When it last happened, as the core group says it.')),
  deprecatedSource: optional(described(EventSourceSchema, 'Who says so, as the core group names it.')),
  eventTime: microTime('When it was first seen.'),
  metadata,
  note: optional(string('What happened, for people.')),
  reason: optional(string('What happened, in one CamelCase word.')),
  regarding: optional(described(ObjectReferenceSchema, 'The object it happened to.')),
  related: optional(described(ObjectReferenceSchema, 'Another object that has to do with it.')),
  reportingController: optional(string('Controller that says so.')),
  reportingInstance: optional(string('Instance of that controller.')),
  series: optional(EventSeriesSchema),
  type: optional(string('Normal or Warning.')),
});
export type Event = Static<typeof EventSchema>;

/** Fields that go by another name in the core group. All others go by the same. */
const CORE_NAMES: readonly (readonly [keyof Event, keyof CoreEvent])[] = [
  ['deprecatedCount', 'count'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedSource', 'source'],
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
];
const TO_STORED = new Map<string, string>(CORE_NAMES);
const FROM_STORED = new Map<string, string>(CORE_NAMES.map(([here, there]) => [there, here]));

/** The same values under the names of the other group. */
function renamed(object: ApiObject, names: ReadonlyMap<string, string>, apiVersion: string): ApiObject {
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]);
  return { ...Object.fromEntries(fields), apiVersion };
}

const toStored = (event: ApiObject): CoreEvent => {
  const stored = renamed(event, TO_STORED, 'v1') as CoreEvent;
  stored.involvedObject ??= {};
  return stored;
};

/** The other group prints the same columns. */
const columns = coreEvents.columns.map(
  (column): Column<Event> => ({ ...column, value: (event, nowMs) => column.value(toStored(event), nowMs) }),
);

const TARGET_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const newEvents = defineResource<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  namespaced: true,
  schema: EventSchema,
  hasStatus: false,
  stored: {
    resource: coreEvents,
    toStored,
    fromStored: (event) => renamed(event, FROM_STORED, 'events.k8s.io/v1'),
  },
  columns,
  selectableFields: {
    ...Object.fromEntries(
      TARGET_FIELDS.map((field) => [`regarding.${field}`, (event: Event) => event.regarding?.[field] ?? '']),
    ),
    reason: (event) => event.reason ?? '',
    reportingController: (event) => event.reportingController ?? '',
    type: (event) => event.type ?? '',
  },
  setDefaults(event) {
    metaOf(event);
  },
  validate: validateEvent,
});
