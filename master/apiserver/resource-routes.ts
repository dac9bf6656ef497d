import type { Catalogue } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { methodNotAllowed, noSuchPath } from '../../api/meta/errors.ts';
import { createToken } from '../auth/reviews/create-token.ts';
import { REVIEWS } from '../auth/reviews/reviews.ts';
import type { ResourceHandler } from './context.ts';
import { MEASUREMENTS } from './measurements.ts';
import type { ResourceRequest, Verb } from './request.ts';
import { attach, exec } from './streams/exec.ts';
import { portForward } from './streams/port-forward.ts';
import { proxy } from './streams/proxy.ts';
import { patchApproval, putApproval } from './subresources/approval.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
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
  approval: { get, update: putApproval, patch: patchApproval },
  binding: { create: bind },
  eviction: { create: evict },
  log: { get: log },
  exec: { get: exec, create: exec },
  attach: { get: attach, create: attach },
  portforward: { get: portForward, create: portForward },
  ephemeralcontainers: {
    get,
    update: (context, call) => update(context, call, 'ephemeralcontainers'),
    patch: (context, call) => patch(context, call, 'ephemeralcontainers'),
  },
  resize: {
    get,
    update: (context, call) => update(context, call, 'resize'),
    patch: (context, call) => patch(context, call, 'resize'),
  },
  proxy: { get: proxy, create: proxy, update: proxy, patch: proxy, delete: proxy },
  placement: { get: placement },
  token: { create: createToken },
};

export interface Route {
  readonly resource: ResourceDefinition;
  readonly handler: ResourceHandler;
}

/** The handler of a request about a resource. Throws 404 for what does not exist and 405 for what cannot be done to it. */
export function routeOf(catalogue: Catalogue, request: ResourceRequest): Route {
  const { group, version, plural, subresource, verb } = request;
  if (group === '' && version === 'v1' && plural === 'bindings') return bindingsRoute(catalogue, request);
  const resource = catalogue.at(group, version, plural);
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
  if (resource.stored === false) return { resource, handler: passingHandler(resource, verb) };
  return { resource, handler: MAIN[verb] };
}

/** What is kept nowhere is answered by handlers of its own. */
function passingHandler({ group, plural }: ResourceDefinition, verb: Verb): ResourceHandler {
  const name = `${group}/${plural}`;
  const handler = verb === 'create' ? REVIEWS[name] : MEASUREMENTS[name]?.[verb];
  if (!handler) throw methodNotAllowed(verb);
  return handler;
}

/** `bindings` can only be created; nothing of the kind is stored. */
function bindingsRoute(catalogue: Catalogue, { verb, namespace, name }: ResourceRequest): Route {
  const pods = catalogue.at('', 'v1', 'pods');
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
