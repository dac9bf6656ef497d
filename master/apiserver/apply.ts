import { decode } from '../../api/meta/decode.ts';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { conflict, invalid, isApiError } from '../../api/meta/errors.ts';
import type { JsonObject } from '../../api/meta/json.ts';
import { applyConfiguration } from '../../api/meta/managed-fields/apply.ts';
import { followLastApplied, KUBECTL } from '../../api/meta/managed-fields/last-applied.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import { actionOf } from '../auth/authorization/request-action.ts';
import { preconditionFault } from '../objects/metadata-rules.ts';
import type { UpdateOptions, WriteContext } from '../objects/objects.ts';
import { type ApiContext, nameIn, type ResourceCall } from './context.ts';
import { managingWriter } from './field-manager.ts';
import { freshen } from './freshness.ts';
import type { PatchQuery } from './query-options.ts';
import { keptAs, keptForm, refuseInVersion } from './versions.ts';

/** What an apply came to. */
export interface Applied {
  readonly stored: ApiObject;
  readonly created: boolean;
  /** Before it; absent where the object was not there. */
  readonly previous?: ApiObject;
}

type Part = NonNullable<UpdateOptions['part']>;

/** Tries before a writer is told that the object comes and goes. */
const MAX_ATTEMPTS = 4;

/**
 * Applies a checked configuration to the object that a call names, in the form in which the object is kept. Through `main`, the object
 * is made where it is not there. Throws 409 for fields of other managers, and for a uid or resourceVersion that is no more.
 */
export async function applyTo(
  context: ApiContext,
  call: ResourceCall,
  configuration: JsonObject,
  query: PatchQuery,
  part: Part,
): Promise<Applied> {
  const resource = keptAs(call);
  const wanted = restrict(resource, (await keptForm(call.resource, configuration)) as JsonObject, part);
  const writer = managingWriter(call, query, part);
  const settled: WriteContext = { ...writer, manager: { ...writer.manager!, settled: true } };
  const work: Work = { context, call, resource, query, part, writer: settled, wanted, given: configuration };
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyToLive(work);
    } catch (error) {
      const absent = isApiError(error, 'NotFound') && part === 'main';
      // A conflict is told only of what is newest.
      const stale = isApiError(error, 'Conflict') && attempt === 1;
      if ((!absent && !stale) || attempt >= MAX_ATTEMPTS) throw error;
      if (stale) await freshen(context, undefined);
      else {
        const made = await create(work);
        if (made) return made;
      }
    }
  }
}

/** One apply, through all its tries. */
interface Work {
  readonly context: ApiContext;
  readonly call: ResourceCall;
  readonly resource: ResourceDefinition;
  readonly query: PatchQuery;
  readonly part: Part;
  readonly writer: WriteContext;
  readonly wanted: JsonObject;
  /** As the client sent it. */
  readonly given: JsonObject;
}

async function applyToLive(work: Work): Promise<Applied> {
  const { context, call, resource, writer, part } = work;
  let previous: ApiObject | undefined;
  const change = (current: ApiObject) => {
    previous = current;
    const fault = preconditionFault(resource, current, expectedOf(work.wanted));
    if (fault) throw fault;
    const object = merged(work, current);
    if (part === 'main') refuseInVersion(call.resource, object, current);
    return object;
  };
  const stored = await context.objects.update(resource, call.target.namespace, nameIn(call), change, writer, { part });
  return { stored, created: false, ...(previous && { previous }) };
}

/** Undefined: somebody else made it meanwhile. */
async function create(work: Work): Promise<Applied | undefined> {
  const { context, call, resource, writer, wanted } = work;
  // Who may patch what is there may not for that make what is not.
  context.auth.require(call.user, { ...actionOf(call.target, 'POST', call.path, call.query), verb: 'create' });
  const { uid, resourceVersion } = expectedOf(wanted);
  if (uid || resourceVersion) {
    const what = uid ? `uid ${uid}` : `resourceVersion ${resourceVersion}`;
    const why = `uid mismatch: the provided object specified ${what}, and no existing object was found`;
    throw conflict(resource, nameIn(call), why);
  }
  try {
    const object = merged(work, newborn(work));
    refuseInVersion(call.resource, object);
    return { stored: await context.objects.create(resource, object, writer), created: true };
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    throw error;
  }
}

function merged({ context, resource, query, part, wanted, given }: Work, live: ApiObject): ApiObject {
  const object = applyConfiguration(live as JsonObject, {
    schema: resource.schema,
    configuration: wanted,
    manager: query.fieldManager,
    apiVersion: apiVersionOf(resource),
    ...(part !== 'main' && { subresource: part }),
    force: query.force,
    now: timestamp(context.clock.now()),
    decode: (value) => decodeWhole(resource, value),
  });
  return query.fieldManager === KUBECTL && part === 'main' ? followLastApplied(object, given) : object;
}

const newborn = ({ call, resource }: Work): ApiObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: { name: nameIn(call), ...(resource.namespaced && { namespace: call.target.namespace }) },
});

/** What it does not know, no valid object has: the configuration was checked. */
function decodeWhole(resource: ResourceDefinition, value: unknown): JsonObject {
  const { object, unsupported } = decode(resource, value);
  if (unsupported.length > 0) throw invalid(resource, metaOf(object).name ?? '', unsupported);
  return object as JsonObject;
}

/** What of the configuration a write of this part can set; nobody comes to own the rest through it. */
function restrict(resource: ResourceDefinition, configuration: JsonObject, part: Part): JsonObject {
  const { apiVersion, kind, metadata, status, ...rest } = configuration;
  if (part !== 'status') return { apiVersion, kind, metadata, ...rest, ...(!resource.hasStatus && { status }) };
  const { uid, resourceVersion } = (metadata ?? {}) as JsonObject;
  return { apiVersion, kind, metadata: { uid, resourceVersion }, ...(status !== undefined && { status }) };
}

const expectedOf = ({ metadata }: JsonObject) => {
  const { uid, resourceVersion } = (metadata ?? {}) as { uid?: string; resourceVersion?: string };
  return {
    uid: uid || undefined,
    resourceVersion: resourceVersion && resourceVersion !== '0' ? resourceVersion : undefined,
  };
};
