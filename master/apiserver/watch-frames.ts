import { apiVersionOf } from '../../api/meta/definition.ts';
import type { Status } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { JSON_TYPE } from './answer.ts';
import type { ApiContext, ResourceCall } from './context.ts';
import type { Representation } from './negotiation.ts';
import { eventBytes, PROTOBUF_WATCH_TYPE, type ProtobufForm, wholeForm } from './protobuf-form.ts';
import { includeObject, partialOf, protobufForm, tableFor } from './render.ts';
import type { SelectedEvent } from './selection.ts';
import type { Frame } from './watch-feed.ts';

/** Events of a watch (`metav1.WatchEvent`), in the form the client asked for: lines of JSON, or protobuf. */
export interface WatchFrames {
  readonly contentType: string;
  /** Of an object in the form that is kept; in the version's own form where it takes somebody outside to convert it. */
  event(event: SelectedEvent): Frame;
  /** `initialEnd` marks the end of the state that a streaming list began with. */
  bookmark(revision: number, initialEnd: boolean): Frame;
  /** What ends the watch. */
  error(status: Status): Frame;
}

const frame = (type: string, object: string): string => `{"type":"${type}","object":${object}}\n`;

/** What all frames in JSON have in common. */
const LINES = {
  contentType: JSON_TYPE,
  error: (status: Status): string => frame('ERROR', JSON.stringify(status)),
};

export function watchFrames(context: ApiContext, call: ResourceCall, representation: Representation): WatchFrames {
  const { resource } = call;
  const { stored } = resource;
  const binary = protobufForm(resource, representation);
  const frames = binary ? protobufFrames(binary) : framesOf(context, call, representation.form);
  if (!stored || stored.convert) return frames;
  return { ...frames, event: ({ type, object }) => frames.event({ type, object: stored.fromStored(object) }) };
}

function framesOf(context: ApiContext, call: ResourceCall, form: Representation['form']): WatchFrames {
  const { resource } = call;
  const kind = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  switch (form.as) {
    case 'object':
      return {
        ...LINES,
        event: ({ type, object }) => frame(type, context.cache.json(object)),
        bookmark: (...args) => frame('BOOKMARK', JSON.stringify({ ...kind, metadata: bookmarkMeta(...args) })),
      };
    case 'partial':
      return {
        ...LINES,
        event: ({ type, object }) => frame(type, JSON.stringify(partialOf(object, form.version))),
        bookmark: (...args) =>
          frame('BOOKMARK', JSON.stringify(partialOf({ metadata: bookmarkMeta(...args) }, form.version))),
      };
    case 'table':
      return tableFrames(context, call, form.version);
  }
}

const protobufFrames = (form: ProtobufForm): WatchFrames => ({
  contentType: PROTOBUF_WATCH_TYPE,
  event: ({ type, object }) => eventBytes(type, form, object),
  bookmark: (...args) => eventBytes('BOOKMARK', form, { metadata: bookmarkMeta(...args) }),
  error: (status) => eventBytes('ERROR', wholeForm(status), status),
});

const bookmarkMeta = (revision: number, initialEnd: boolean) => ({
  resourceVersion: String(revision),
  ...(initialEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
});

/** One Table per event; only the first says what its columns are. */
function tableFrames(context: ApiContext, call: ResourceCall, version: string): WatchFrames {
  const include = includeObject(call.query);
  let first = true;
  const tableJson = (objects: readonly ApiObject[], resourceVersion: string | undefined): string => {
    const table = tableFor(call.resource, version, objects, context.clock.now(), {
      includeObject: include,
      resourceVersion,
    });
    const shown = first ? table : { ...table, columnDefinitions: undefined };
    first = false;
    return JSON.stringify(shown);
  };
  return {
    ...LINES,
    event: ({ type, object }) => frame(type, tableJson([object], object.metadata?.resourceVersion)),
    bookmark: (revision) => frame('BOOKMARK', tableJson([], String(revision))),
  };
}
