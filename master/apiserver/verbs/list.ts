import { storeKey, storePrefix } from '../../../api/meta/definition.ts';
import { ApiError } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { decodeObject as decodeStored } from '../../objects/encode.ts';
import { type ListResult, RevisionCompacted } from '../../store/store.ts';
import type { Answer } from '../answer.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { decodeToken, encodeToken, LATEST, type ListToken } from '../list-token.ts';
import { type ListQuery, listQuery } from '../query-options.ts';
import { type ListMeta, renderList } from '../render.ts';
import { compileSelection, type Selection } from '../selection.ts';
import { keptAs } from '../versions.ts';

/** How many values are read from the store at once when selectors may drop most of them. */
const CHUNK = 1000;

interface Page {
  readonly objects: readonly ApiObject[];
  readonly meta: ListMeta;
}

/** Where a page comes from: the cache, or the store's history at one revision (or its newest state, for a rescued list). */
export type PageSource =
  | { readonly from: 'cache'; readonly notOlderThan: number | undefined }
  | { readonly from: 'history'; readonly revision: number | undefined; readonly after: string | undefined };

/**
 * Chooses the source of a page (Kubernetes docs, "API concepts": resourceVersionMatch, retrieving large results in chunks). A
 * limit with a resourceVersion and no match means exactly that version, as it always has.
 */
export function choosePage(query: ListQuery, token: ListToken | undefined): PageSource {
  if (token) {
    return { from: 'history', revision: token.revision === LATEST ? undefined : token.revision, after: token.after };
  }
  const exact = query.match === 'Exact' || (query.match === undefined && query.limit !== undefined);
  if (exact && query.revision) return { from: 'history', revision: query.revision, after: undefined };
  return { from: 'cache', notOlderThan: query.revision };
}

/** Objects of one kind, at one revision over all pages. */
export async function list(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const query = listQuery(call.query);
  const selection = compileSelection(call.resource, call.target.namespace, call.query);
  const token = query.continue ? decodeToken(query.continue, prefixOf(call)) : undefined;
  const source = choosePage(query, token);
  const page =
    source.from === 'cache'
      ? await pageFromCache(context, call, selection, query.limit, source.notOlderThan)
      : await pageFromHistory(context, call, selection, query.limit, source);
  return renderList(context, call, page.objects, page.meta);
}

const prefixOf = (call: ResourceCall): string =>
  call.target.namespace ? `${storePrefix(keptAs(call))}${call.target.namespace}/` : storePrefix(keptAs(call));

/** All objects of the selection that the cache shows, in key order. */
export function selectFromCache(context: ApiContext, call: ResourceCall, selection: Selection): ApiObject[] {
  const resource = keptAs(call);
  if (selection.name && (selection.namespace || !resource.namespaced)) {
    const object = context.cache.get(resource, selection.namespace, selection.name);
    return object && selection.matches(object) ? [object] : [];
  }
  const all = context.cache.list(resource, selection.namespace);
  return selection.selective ? all.filter((object) => selection.matches(object)) : all;
}

async function pageFromCache(
  context: ApiContext,
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  notOlderThan: number | undefined,
): Promise<Page> {
  await freshen(context, notOlderThan);
  const { revision } = context.cache;
  const selected = selectFromCache(context, call, selection);
  const objects = limit === undefined ? selected : selected.slice(0, limit);
  const remaining = selected.length - objects.length;
  return { objects, meta: pageMeta(call, selection, revision, objects, remaining) };
}

async function pageFromHistory(
  context: ApiContext,
  call: ResourceCall,
  selection: Selection,
  limit: number | undefined,
  source: Extract<PageSource, { from: 'history' }>,
): Promise<Page> {
  // A revision that lies ahead gets its 504 here, before the store is asked for it.
  if (source.revision !== undefined) await freshen(context, source.revision);
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
    continue: encodeToken({ revision, after }),
    // With selectors nobody has counted what will match, so nothing is claimed.
    ...(!selection.selective && { remainingItemCount: remaining }),
  };
}

function lastKey(call: ResourceCall, objects: readonly ApiObject[]): string | undefined {
  const meta = objects.at(-1)?.metadata;
  return meta?.name === undefined ? undefined : storeKey(keptAs(call), meta.namespace, meta.name);
}
