import { since } from '../meta/age.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metaOf, ObjectMetaSchema, typeMeta } from '../meta/object.ts';
import { described, int32, microTime, optional, type Static, string, struct, time } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';
import { nameColumn } from './columns.ts';
import { ObjectReferenceSchema } from './references.ts';

export const EventSeriesSchema = struct('io.k8s.api.core.v1.EventSeries', 'An event that keeps happening.', {
  count: optional(int32('How often it has happened.')),
  lastObservedTime: optional(microTime('When it last happened.')),
});

export const EventSourceSchema = struct('io.k8s.api.core.v1.EventSource', 'Who says so.', {
  component: optional(string('Part of the cell that says so.')),
  host: optional(string('Node on which it runs.')),
});

export const EventSchema = struct(
  'io.k8s.api.core.v1.Event',
  'Something that happened to an object; kept for a while.',
  {
    ...typeMeta,
    action: optional(string('What was done or failed.')),
    count: optional(int32('How often it has happened.')),
    eventTime: optional(microTime('When it was first seen.')),
    firstTimestamp: optional(time('When it first happened.')),
    involvedObject: described(ObjectReferenceSchema, 'The object it happened to.'),
    lastTimestamp: optional(time('When it last happened.')),
    message: optional(string('What happened, for people.')),
    metadata: ObjectMetaSchema,
    reason: optional(string('What happened, in one CamelCase word.')),
    related: optional(described(ObjectReferenceSchema, 'Another object that has to do with it.')),
    reportingComponent: optional(string('Controller that says so.')),
    reportingInstance: optional(string('Instance of that controller.')),
    series: optional(EventSeriesSchema),
    source: optional(EventSourceSchema),
    type: optional(string('Normal or Warning.')),
  },
);
export type Event = Static<typeof EventSchema>;

const TARGET_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

const sourceOf = (event: Event): string => event.source?.component || event.reportingComponent || '';

/** Cluster-wide objects have their events in `default`. */
function validateEvent(event: Event): FieldError[] {
  const path = 'involvedObject.namespace';
  const target = event.involvedObject?.namespace ?? '';
  const own = event.metadata?.namespace ?? '';
  if (target) return target === own ? [] : [invalidValue(path, target, 'does not match event.namespace')];
  return own === 'default' || own === 'kube-system'
    ? []
    : [
        invalidValue(
          path,
          target,
          'does not match event.namespace: events of cluster-wide objects go to namespace default',
        ),
      ];
}

function objectText({ involvedObject: target }: Event): string {
  const kind = (target?.kind ?? '').toLowerCase();
  return target?.name ? `${kind}/${target.name}` : kind;
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance;
  return host ? `${component}, ${host}` : component;
}

const firstSeen = (event: Event): string | undefined => event.firstTimestamp ?? event.eventTime;
const lastSeen = (event: Event): string | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event);

const text = (name: string, description: string, value: Column<Event>['value'], priority?: number): Column<Event> => ({
  name,
  type: 'string',
  description,
  priority,
  value,
});

export const eventColumns: readonly Column<Event>[] = [
  text('Last Seen', 'How long ago it last happened.', (event, nowMs) => since(lastSeen(event), nowMs)),
  text('Type', 'Normal or Warning.', (event) => event.type ?? ''),
  text('Reason', 'What happened, in one word.', (event) => event.reason ?? ''),
  text('Object', 'What it happened to.', objectText),
  text('Subobject', 'Part of the object.', (event) => event.involvedObject?.fieldPath ?? '', 1),
  text('Source', 'Who says so.', sourceText, 1),
  text('Message', 'What happened.', (event) => (event.message ?? '').trim()),
  text('First Seen', 'How long ago it first happened.', (event, nowMs) => since(firstSeen(event), nowMs), 1),
  text('Count', 'How often it has happened.', (event) => event.series?.count ?? (event.count || 1), 1),
  { ...nameColumn, priority: 1 },
];

export const events = defineResource<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  namespaced: true,
  schema: EventSchema,
  hasStatus: false,
  columns: eventColumns,
  selectableFields: {
    ...Object.fromEntries(
      TARGET_FIELDS.map((field) => [`involvedObject.${field}`, (event: Event) => event.involvedObject?.[field] ?? '']),
    ),
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: sourceOf,
    type: (event) => event.type ?? '',
  },
  setDefaults(event) {
    metaOf(event);
  },
  validate: validateEvent,
});
