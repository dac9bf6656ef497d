import { type ResourceDefinition, type StoredForm, storageOf } from '../../api/meta/definition.ts';
import { type FieldError, invalid, isApiError, methodNotAllowed, notFound } from '../../api/meta/errors.ts';
import { copyJson } from '../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import type { UpdateOptions, WriteContext } from '../objects/objects.ts';
import { type ApiContext, nameIn, type ResourceCall } from './context.ts';
import { freshen } from './freshness.ts';

/**
 * Versions of a resource whose objects are kept in another version's form (`ResourceDefinition.stored`). Requests speak their own
 * version; the cache, the store and `Objects` know the kept form only. Here is where one becomes the other.
 */

/** Lost races before a writer is told so, where each try takes a conversion by somebody outside. */
const MAX_ATTEMPTS = 8;

/** What the cache and `Objects` are to be asked with. Throws 405 where nothing is kept. */
export function keptAs({ resource, target }: Pick<ResourceCall, 'resource' | 'target'>): ResourceDefinition {
  const kept = storageOf(resource);
  if (!kept) throw methodNotAllowed(target.verb);
  return kept;
}

/** Objects of the cache in the form of the version asked for. They are shared: nobody may change them. */
export async function servedForms(
  { stored }: ResourceDefinition,
  objects: readonly ApiObject[],
): Promise<readonly ApiObject[]> {
  if (!stored) return objects;
  return stored.convert ? stored.convert(objects, 'served') : objects.map((object) => stored.fromStored(object));
}

/** A decoded object in the form that is kept. */
export async function keptForm({ stored }: ResourceDefinition, object: ApiObject): Promise<ApiObject> {
  if (!stored) return object;
  if (!stored.convert) return stored.toStored(object);
  const [kept] = await stored.convert([object], 'stored');
  return kept!;
}

/** The same of a new object, which must keep the rules of its own version; those of the kept form are looked at when it is written. Throws 422. */
export function newKeptForm(resource: ResourceDefinition, object: ApiObject): Promise<ApiObject> {
  refuseNewFaults(resource, object, []);
  return keptForm(resource, object);
}

/** Custom resources see to that when they are converted. */
const faultsIn = (resource: ResourceDefinition, object: ApiObject): FieldError[] =>
  resource.stored && !resource.custom ? resource.validate(object) : [];

/** What was made in another version may lack what this one asks for: such faults are borne with. */
function refuseNewFaults(resource: ResourceDefinition, object: ApiObject, known: readonly FieldError[]): void {
  const isKnown = (fault: FieldError) => known.some(({ type, path }) => type === fault.type && path === fault.path);
  const faults = faultsIn(resource, object).filter((fault) => !isKnown(fault));
  if (faults.length > 0) throw invalid(resource, metaOf(object).name ?? '', faults);
}

/** The same of an object in the form that is kept, made or changed through this version. Throws 422. */
export function refuseInVersion(resource: ResourceDefinition, kept: ApiObject, previous?: ApiObject): void {
  const { stored } = resource;
  if (!stored || stored.convert || resource.custom) return;
  const known = previous ? faultsIn(resource, stored.fromStored(previous)) : [];
  refuseNewFaults(resource, stored.fromStored(kept), known);
}

/** `Objects.update` of the object a call names, with an edit that speaks the call's version. Resolves with the kept form. */
export function updateInVersion(
  context: ApiContext,
  call: ResourceCall,
  change: (current: ApiObject) => ApiObject | void,
  writer: WriteContext,
  options: UpdateOptions,
): Promise<ApiObject> {
  const stored = call.resource.stored || undefined;
  if (stored?.convert) return updateByConversion(context, call, stored, change, writer, options);
  const edit = stored
    ? (current: ApiObject) => {
        const served = stored.fromStored(current);
        const known = isWhole(options) ? faultsIn(call.resource, served) : [];
        const changed = change(served) ?? served;
        if (isWhole(options)) refuseNewFaults(call.resource, changed, known);
        return stored.toStored(changed);
      }
    : change;
  return context.objects.update(keptAs(call), call.target.namespace, nameIn(call), edit, writer, options);
}

/** As above, where converting takes time: what was read is converted, edited and converted back, and must still be there then. */
async function updateByConversion(
  context: ApiContext,
  call: ResourceCall,
  stored: StoredForm,
  change: (current: ApiObject) => ApiObject | void,
  writer: WriteContext,
  options: UpdateOptions,
): Promise<ApiObject> {
  const { namespace } = call.target;
  const name = nameIn(call);
  const forms = (object: ApiObject, to: 'stored' | 'served') => stored.convert!([object], to);
  for (let attempt = 1; ; attempt++) {
    await freshen(context, undefined);
    const current = context.cache.get(stored.resource, namespace, name);
    if (!current) throw notFound(call.resource, name);
    const [served] = await forms(current, 'served');
    const copy = copyJson(served, call.resource.kind) as ApiObject;
    const [kept] = await forms(change(copy) ?? copy, 'stored');
    const { uid, resourceVersion } = metaOf(current);
    const preconditions = { uid, resourceVersion, ...pinned(options) };
    const edit = () => copyJson(kept, call.resource.kind) as ApiObject;
    try {
      return await context.objects.update(stored.resource, namespace, name, edit, writer, {
        ...options,
        preconditions,
      });
    } catch (error) {
      const lost = isApiError(error, 'Conflict') && !options.preconditions?.resourceVersion;
      if (!lost || attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}

const isWhole = ({ part = 'main' }: UpdateOptions): boolean => part === 'main';

const pinned = ({ preconditions: { uid, resourceVersion } = {} }: UpdateOptions) => ({
  ...(uid && { uid }),
  ...(resourceVersion && { resourceVersion }),
});
