import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { badRequest } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { parseFieldSelector, parseLabelSelector } from '../../api/meta/selector.ts';
import type { Change, Interest } from '../store/cache.ts';

/** Which objects of a kind a list, watch or deletecollection is about. Pure. */
export interface Selection {
  readonly namespace?: string | undefined;
  /** Set when one name is meant, so that a reader need not walk all objects. */
  readonly name?: string | undefined;
  /** Values that fields of the kind itself must have. */
  readonly fields: ReadonlyMap<string, string>;
  /** The narrowest part of the resource that holds all that is selected; undefined: that is all of it. */
  readonly interest?: Interest | undefined;
  /** False when nothing but the namespace selects. */
  readonly selective: boolean;
  matches(object: ApiObject): boolean;
}

/** The field of a pod by which the agents of nodes select. */
export const NODE = 'spec.nodeName';

type Read = Interest['read'];

const nameOf: Read = ({ metadata }) => metadata?.name ?? '';
const namespaceOf: Read = ({ metadata }) => metadata?.namespace ?? '';
/** No name and no namespace holds a slash. */
const placeOf: Read = (object) => `${namespaceOf(object)}/${nameOf(object)}`;

/**
 * Compiles `labelSelector` and `fieldSelector`; `path`: what the path says already. Throws `badRequest` for bad text and for fields
 * the kind cannot select by.
 */
export function compileSelection(
  resource: ResourceDefinition,
  path: { readonly namespace?: string | undefined; readonly name?: string | undefined },
  query: URLSearchParams,
): Selection {
  const conditions = parseFieldSelector(query.get('fieldSelector') ?? '');
  const tests = conditions.map(({ field, value, negated }): ((object: ApiObject) => boolean) => {
    const read = fieldReader(resource, field);
    return (object) => (read(object) === value) !== negated;
  });
  const labelText = query.get('labelSelector');
  if (labelText) {
    const labels = parseLabelSelector(labelText);
    tests.push((object) => labels.matches(object.metadata?.labels));
  }
  const { namespace, name } = path;
  if (name !== undefined) tests.push((object) => nameOf(object) === name);
  const selective = tests.length > 0;
  if (namespace) tests.push((object) => namespaceOf(object) === namespace);
  const fields = new Map(conditions.filter(({ negated }) => !negated).map(({ field, value }) => [field, value]));
  const place = { namespace: namespace || fields.get('metadata.namespace'), name: name ?? fields.get('metadata.name') };
  return {
    ...place,
    fields,
    interest: interestIn(resource, place, fields),
    selective,
    matches: (object) => tests.every((test) => test(object)),
  };
}

/** One function for all who select alike: a field of another version's form is read by a function of each selection's own. */
function interestIn(
  resource: ResourceDefinition,
  { namespace, name }: Pick<Selection, 'namespace' | 'name'>,
  fields: Selection['fields'],
): Interest | undefined {
  if (name !== undefined) {
    return namespace ? { read: placeOf, value: `${namespace}/${name}` } : { read: nameOf, value: name };
  }
  const own = resource.stored && !resource.stored.convert ? {} : (resource.selectableFields ?? {});
  const named = Object.keys(own).filter((each) => fields.has(each));
  // There are many nodes; of most other values there are few.
  const field = named.includes(NODE) ? NODE : named[0];
  if (field) return { read: own[field]!, value: fields.get(field)! };
  return namespace ? { read: namespaceOf, value: namespace } : undefined;
}

function fieldReader(resource: ResourceDefinition, field: string): Read {
  if (field === 'metadata.name') return nameOf;
  if (field === 'metadata.namespace' && resource.namespaced) return namespaceOf;
  const own = resource.selectableFields ?? {};
  const read = Object.hasOwn(own, field) ? own[field] : undefined;
  if (!read) throw badRequest(`"${field}" is not a known field selector: only ${selectableNames(resource).join(', ')}`);
  const { stored } = resource;
  // What is selected from is kept. Where somebody outside converts, the kept form has to do.
  if (!stored || stored.convert) return read;
  return (object) => read(stored.fromStored(object));
}

function selectableNames(resource: ResourceDefinition): string[] {
  const own = Object.keys(resource.selectableFields ?? {});
  return ['metadata.name', ...(resource.namespaced ? ['metadata.namespace'] : []), ...own].map((name) => `"${name}"`);
}

export interface SelectedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
}

/**
 * What one change means to a watcher of a selection: an object that enters it is ADDED, one that leaves it is DELETED (shown as
 * it was while it still belonged, at the revision of the change).
 */
export function selectChange(selection: Selection, change: Change): SelectedEvent | undefined {
  const before = change.type !== 'added' && selection.matches(change.previous ?? change.object);
  const after = change.type !== 'deleted' && selection.matches(change.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!before) return undefined;
  return { type: 'DELETED', object: change.type === 'deleted' ? change.object : lastSelected(change) };
}

function lastSelected(change: Change): ApiObject {
  const last = change.previous ?? change.object;
  return { ...last, metadata: { ...last.metadata, resourceVersion: String(change.revision) } };
}
