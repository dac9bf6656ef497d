import { apiVersionOf } from '../../api/meta/definition.ts';
import type { Status } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiContext, ResourceCall } from './context.ts';
import type { Representation } from './negotiation.ts';
import { includeObject, partialOf, tableFor } from './render.ts';
import type { SelectedEvent } from './selection.ts';

/** Lines of a watch (`metav1.WatchEvent`), in the form the client asked for. */
export interface WatchFrames {
  event(event: SelectedEvent): string;
  /** `initialEnd` marks the end of the state that a streaming list began with. */
  bookmark(revision: number, initialEnd: boolean): string;
}

export const errorFrame = (status: Status): string => frame('ERROR', JSON.stringify(status));

const frame = (type: string, object: string): string => `{"type":"${type}","object":${object}}\n`;

export function watchFrames(context: ApiContext, call: ResourceCall, { form }: Representation): WatchFrames {
  const { resource } = call;
  const kind = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  switch (form.as) {
    case 'object':
      return {
        event: ({ type, object }) => frame(type, context.cache.json(object)),
        bookmark: (...args) => frame('BOOKMARK', JSON.stringify({ ...kind, metadata: bookmarkMeta(...args) })),
      };
    case 'partial':
      return {
        event: ({ type, object }) => frame(type, JSON.stringify(partialOf(object, form.version))),
        bookmark: (...args) =>
          frame('BOOKMARK', JSON.stringify(partialOf({ metadata: bookmarkMeta(...args) }, form.version))),
      };
    case 'table':
      return tableFrames(context, call, form.version);
  }
}

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
    event: ({ type, object }) => frame(type, tableJson([object], object.metadata?.resourceVersion)),
    bookmark: (revision) => frame('BOOKMARK', tableJson([], String(revision))),
  };
}
