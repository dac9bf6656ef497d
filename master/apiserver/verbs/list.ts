import { pods } from '../../../api/core/pod.ts';
import { type ResourceDefinition, storeKey, storePrefix } from '../../../api/meta/definition.ts';
import { ApiError } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { decodeObject as decodeStored } from '../../objects/encode.ts';
import { compareKeys } from '../../store/key-range.ts';
import { type ListResult, RevisionCompacted } from '../../store/store.ts';
import type { Answer } from '../answer.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { decodeToken, encodeToken, LATEST, type ListToken } from '../list-token.ts';
import { type ListQuery, listQuery } from '../query-options.ts';
import { type ListMeta, renderList } from '../render.ts';
import { compileSelection, NODE, type Selection } from '../selection.ts';
import { keptAs } from '../versions.ts';

/** How many values are read from the store at once when selectors may drop most of them. */
const CHUNK = 1000;

interface Page {
  readonly objects: readonly ApiObject[];
  readonly meta: ListMeta;
}

/** What a page shows: the newest state, or that of one revision (`undefined`: the store's newest, for a rescued list). */
export type PageSource =
  | { readonly from: 'now'; readonly notOlderThan: number | undefined }
  | {
      readonly from: 'then';
      readonly revision: number | undefined;
      readonly after: string | undefined;
      readonly remaining?: number | undefined;
    };
type Then = Extract<PageSource, { from: 'then' }>;

/**
 * Chooses the source of a page (Kubernetes docs, "API concepts": resourceVersionMatch, retrieving large results in chunks). A
 * limit with a resourceVersion and no match means exactly that version, as it always has.
 */
export function choosePage(query: ListQuery, token: ListToken | undefined): PageSource {
  if (token) {
    const { revision, after, remaining } = token;
    return { from: 'then', revision: revision === LATEST ? undefined : revision, after, remaining };
  }
  const exact = query.match === 'Exact' || (query.match === undefined && query.limit !== undefined);
  if (exact && query.revision) return { from: 'then', revision: query.revision, after: undefined };
  return { from: 'now', notOlderThan: query.revision };
}

/** Objects of one kind, at one revision over all pages. */
export async function list(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const { objects, meta } = await selectPage(context, call);
  return renderList(context, call, objects, meta);
}

/** The objects that a call's query selects, as many as it wants at once. */
export async function selectPage(context: ApiContext, call: ResourceCall): Promise<Page> {
  const query = listQuery(call.query);
  const selection = compileSelection(call.resource, call.target, call.query);
  const token = query.continue ? decodeToken(query.continue, prefixOf(call)) : undefined;
  const source = choosePage(query, token);
  return source.from === 'now'
    ? pageOfNow(context, call, selection, query.limit, source.notOlderThan)
    : pageOfThen(context, call, selection, query.limit, source);
}

const prefixOf = (call: ResourceCall): string =>
  call.target.namespace ? `${storePrefix(keptAs(call))}${call.target.namespace}/` : storePrefix(keptAs(call));

/** All objects of the selection that the cache shows, in key order. */
export function selectFromCache(context: ApiContext, call: ResourceCall, selection: Selection): ApiObject[] {
  const resource = keptAs(call);
  const few = fewCandidates(context, resource, selection);
  if (!few && !selection.selective) return context.cache.list(resource, selection.namespace);
  const candidates = few ?? context.cache.list(resource, selection.namespace);
  return candidates.filter((object) => selection.matches(object));
}

/** In key order all that can match, where it need not be searched for among all there is. */
function fewCandidates(
  { cache }: ApiContext,
  resource: ResourceDefinition,
  { name, namespace, fields }: Selection,
): ApiObject[] | undefined {
  if (name && (namespace || !resource.namespaced)) {
    const object = cache.get(resource, namespace, name);
    return object ? [object] : [];
  }
  const node = storePrefix(resource) === storePrefix(pods) && fields.get(NODE);
  if (!node) return undefined;
  const place = ({ metadata }: ApiObject) => `${metadata?.namespace}/${metadata?.name}`;
  return cache.podsOn(node).sort((a, b) => compareKeys(place(a), place(b)));
}

async function pageOfNow(
  context: ApiContext,
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  notOlderThan: number | undefined,
): Promise<Page> {
  await freshen(context, notOlderThan, call.warnings);
  const { revision } = context.cache;
  if (limit === undefined) {
    return { objects: selectFromCache(context, call, selection), meta: { resourceVersion: String(revision) } };
  }
  const kept = keptAs(call);
  const all = fewCandidates(context, kept, selection) ?? context.cache.list(kept, selection.namespace);
  return cutPage(call, selection, limit, revision, all, selection.selective ? undefined : all.length);
}

/** From the cache, as long as it can tell what was; else from the store's history. */
async function pageOfThen(
  context: ApiContext,
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  source: Then,
): Promise<Page> {
  const { revision } = source;
  if (revision === undefined) return pageFromHistory(context, call, selection, limit, source);
  // A revision that lies ahead gets its 504 here, before anybody is asked for it.
  await freshen(context, revision);
  const { namespace } = selection;
  const after = source.after?.slice(storePrefix(keptAs(call)).length);
  const objects = context.cache.listAt(keptAs(call), { revision, namespace, after });
  return objects
    ? cutPage(call, selection, limit, revision, objects, source.remaining)
    : pageFromHistory(context, call, selection, limit, source);
}

/** The first of the candidates that match. `following`: how many candidates there are, where somebody has counted them. */
function cutPage(
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  revision: number,
  candidates: Iterable<ApiObject>,
  following: number | undefined,
): Page {
  const objects: ApiObject[] = [];
  let more = 0;
  for (const object of candidates) {
    if (!selection.matches(object)) continue;
    if (limit === undefined || objects.length < limit) objects.push(object);
    else more++;
    // With selectors nobody is told how many follow, only that some do.
    if (more > 0 && (selection.selective || following !== undefined)) break;
  }
  const remaining = more > 0 && following !== undefined ? Math.max(1, following - objects.length) : more;
  return { objects, meta: pageMeta(call, selection, revision, objects, remaining) };
}

async function pageFromHistory(
  context: ApiContext,
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  source: Then,
): Promise<Page> {
  const objects: ApiObject[] = [];
  let { revision, after } = source;
  for (;;) {
    const wanted = limit === undefined ? CHUNK : limit - objects.length;
    const options = { revision, after, limit: selection.selective ? CHUNK : wanted };
    const result = await readHistory(context, prefixOf(call), options);
    revision ??= result.revision;
    const used = takeMatching(result, selection, objects, limit);
    const remaining = result.values.length - used + result.remaining;
    after = result.values[used - 1]?.key ?? after;
    const full = limit !== undefined && objects.length >= limit;
    if (full || remaining === 0)
      return { objects, meta: pageMeta(call, selection, revision, objects, remaining, after) };
  }
}

/** Adds matching objects up to the limit; returns how many values were looked at. */
function takeMatching(
  result: ListResult,
  selection: Selection,
  objects: ApiObject[],
  limit: number | undefined,
): number {
  let used = 0;
  for (const stored of result.values) {
    if (limit !== undefined && objects.length >= limit) break;
    const object = decodeStored(stored);
    if (selection.matches(object)) objects.push(object);
    used++;
  }
  return used;
}

async function readHistory(
  context: ApiContext,
  prefix: string,
  options: { revision?: number; after?: string; limit: number },
): Promise<ListResult> {
  try {
    return await context.store.list(prefix, options);
  } catch (error) {
    if (error instanceof RevisionCompacted) throw expiredPage(options.revision ?? 0, options.after, error);
    throw error;
  }
}

/** 410, with a token by which the rest can still be had, though not as of the same moment. */
function expiredPage(revision: number, after: string | undefined, cause: unknown): ApiError {
  const advice = after
    ? 'start a new list without the continue parameter, or go on with the continue token in this response and accept that ' +
      'the remainder shows a later state than the pages before it'
    : 'start a new list';
  const error = new ApiError(
    410,
    'Expired',
    `resource version ${revision} is too old to be listed: ${advice}`,
    undefined,
    cause,
  );
  if (after) error.status.metadata.continue = encodeToken({ revision: LATEST, after });
  return error;
}

function pageMeta(
  call: ResourceCall,
  selection: Selection,
  revision: number,
  objects: readonly ApiObject[],
  remaining: number,
  after = lastKey(call, objects),
): ListMeta {
  const resourceVersion = String(revision);
  if (remaining <= 0 || after === undefined) return { resourceVersion };
  return {
    resourceVersion,
    // With selectors nobody has counted what will match, so nothing is claimed.
    ...(selection.selective
      ? { continue: encodeToken({ revision, after }) }
      : { continue: encodeToken({ revision, after, remaining }), remainingItemCount: remaining }),
  };
}

function lastKey(call: ResourceCall, objects: readonly ApiObject[]): string | undefined {
  const meta = objects.at(-1)?.metadata;
  return meta?.name === undefined ? undefined : storeKey(keptAs(call), meta.namespace, meta.name);
}
