import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { methodNotAllowed, noSuchPath } from '../../api/meta/errors.ts';
import { resourceAt } from '../../api/registry.ts';
import type { ResourceHandler } from './context.ts';
import type { ResourceRequest, Verb } from './request.ts';
import { bind } from './subresources/binding.ts';
import { log } from './subresources/log.ts';
import { placement } from './subresources/placement.ts';
import { getScale, patchScale, putScale } from './subresources/scale.ts';
import { finalize, getStatus, patchStatus, putStatus } from './subresources/status.ts';
import { create } from './verbs/create.ts';
import { remove } from './verbs/delete.ts';
import { removeCollection } from './verbs/delete-collection.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';

const MAIN: Readonly<Record<Verb, ResourceHandler>> = {
  get,
  list,
  watch,
  create,
  update: (context, call) => update(context, call),
  patch: (context, call) => patch(context, call),
  delete: remove,
  deletecollection: removeCollection,
};

const SUBRESOURCES: Readonly<Record<string, Partial<Record<Verb, ResourceHandler>>>> = {
  status: { get: getStatus, update: putStatus, patch: patchStatus },
  scale: { get: getScale, update: putScale, patch: patchScale },
  finalize: { update: finalize },
  binding: { create: bind },
  log: { get: log },
  placement: { get: placement },
};

export interface Route {
  readonly resource: ResourceDefinition;
  readonly handler: ResourceHandler;
}

/** The handler of a request about a resource. Throws 404 for what does not exist and 405 for what cannot be done to it. */
export function routeOf(request: ResourceRequest): Route {
  const { group, version, plural, subresource, verb } = request;
  if (group === '' && version === 'v1' && plural === 'bindings') return bindingsRoute(request);
  const resource = resourceAt(group, version, plural);
  if (!resource) throw noSuchPath();
  if (subresource !== undefined) {
    const verbs = Object.hasOwn(SUBRESOURCES, subresource) ? SUBRESOURCES[subresource] : undefined;
    if (!verbs || !hasSubresource(resource, subresource)) throw noSuchPath();
    const handler = verbs[verb];
    if (!handler) throw methodNotAllowed(verb);
    requireScope(resource, request);
    return { resource, handler };
  }
  requireScope(resource, request);
  if (resource.verbs && !resource.verbs.includes(verb)) throw methodNotAllowed(verb);
  if (verb === 'create' && request.name !== undefined) throw methodNotAllowed(verb);
  if ((verb === 'update' || verb === 'patch') && request.name === undefined) throw methodNotAllowed(verb);
  return { resource, handler: MAIN[verb] };
}

/** `bindings` can only be created; nothing of the kind is stored. */
function bindingsRoute({ verb, namespace, name }: ResourceRequest): Route {
  const pods = resourceAt('', 'v1', 'pods');
  if (!pods || !namespace || name !== undefined) throw noSuchPath();
  if (verb !== 'create') throw methodNotAllowed(verb);
  return { resource: pods, handler: bind };
}

function hasSubresource(resource: ResourceDefinition, subresource: string): boolean {
  if (subresource === 'status') return resource.hasStatus;
  if (subresource === 'scale') return resource.scale !== undefined;
  if (subresource === 'finalize') return resource.plural === 'namespaces' && resource.group === '';
  return Object.hasOwn(resource.subresources ?? {}, subresource);
}

/** Namespaced objects live in a namespace, others in none; only lists and watches may look over all namespaces. */
function requireScope(resource: ResourceDefinition, { namespace, name, verb }: ResourceRequest): void {
  if (!resource.namespaced) {
    if (namespace !== undefined) throw noSuchPath();
    return;
  }
  if (namespace !== undefined) return;
  if (name !== undefined) throw noSuchPath();
  if (verb !== 'list' && verb !== 'watch') throw methodNotAllowed(verb);
}
