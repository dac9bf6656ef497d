import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { badRequest } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { parseFieldSelector, parseLabelSelector } from '../../api/meta/selector.ts';
import type { Change } from '../store/cache.ts';

/** Which objects of a kind a list, watch or deletecollection is about. Pure. */
export interface Selection {
  readonly namespace?: string;
  /** Set when a field selector pins one name, so that a reader need not walk all objects. */
  readonly name?: string;
  /** False when nothing but the namespace selects. */
  readonly selective: boolean;
  matches(object: ApiObject): boolean;
}

type Test = (object: ApiObject) => boolean;

/** Compiles `labelSelector` and `fieldSelector`. Throws `badRequest` for bad text and for fields the kind cannot select by. */
export function compileSelection(
  resource: ResourceDefinition,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const tests: Test[] = fields.map(({ field, value, negated }) => {
    const read = fieldReader(resource, field);
    return (object) => (read(object) === value) !== negated;
  });
  const labelText = query.get('labelSelector');
  if (labelText) {
    const labels = parseLabelSelector(labelText);
    tests.push((object) => labels.matches(object.metadata?.labels));
  }
  const selective = tests.length > 0;
  if (namespace) tests.push((object) => object.metadata?.namespace === namespace);
  const pinned = fields.find(({ field, negated }) => field === 'metadata.name' && !negated);
  return {
    namespace,
    ...(pinned && { name: pinned.value }),
    selective,
    matches: (object) => tests.every((test) => test(object)),
  };
}

function fieldReader(resource: ResourceDefinition, field: string): (object: ApiObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata?.name ?? '';
  if (field === 'metadata.namespace' && resource.namespaced) return (object) => object.metadata?.namespace ?? '';
  const read = resource.selectableFields?.[field];
  if (!read) throw badRequest(`"${field}" is not a known field selector: only ${selectableNames(resource).join(', ')}`);
  const { stored } = resource;
  // What is selected from is kept. Where somebody outside converts, the kept form has to do.
  if (!stored || stored.convert) return (object) => read(object);
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
