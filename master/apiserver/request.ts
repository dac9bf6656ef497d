import { badRequest } from '../../api/meta/errors.ts';

/** What a request asks for, read off its method, path and query alone (Kubernetes docs, "API concepts": resource URIs). */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceRequest {
  readonly type: 'resource';
  readonly verb: Verb;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Absent for cluster-wide kinds and for lists over all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export type RequestInfo =
  | ResourceRequest
  | { readonly type: 'root' }
  | { readonly type: 'discovery'; readonly level: 'legacy' | 'groups' }
  | { readonly type: 'discovery'; readonly level: 'group'; readonly group: string }
  | { readonly type: 'discovery'; readonly level: 'version'; readonly group: string; readonly version: string }
  | { readonly type: 'openapi'; readonly version: 'v2' }
  /** Without `path`: the index. `path` is `api/v1` or `apis/apps/v1`. */
  | { readonly type: 'openapi'; readonly version: 'v3'; readonly path?: string }
  | { readonly type: 'health'; readonly endpoint: 'healthz' | 'livez' | 'readyz'; readonly check?: string }
  | { readonly type: 'openid'; readonly document: 'configuration' | 'keys' }
  | { readonly type: 'version' }
  | { readonly type: 'metrics' }
  | { readonly type: 'unknown' };

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);
const UNKNOWN: RequestInfo = { type: 'unknown' };

/**
 * Reads a request line. `path` is still percent-encoded. Throws `badRequest` when an escape is broken; anything that has no
 * meaning is `unknown`, and a method that a resource path cannot take gives `unknown` too.
 */
export function parseRequest(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = path.split('/').filter(Boolean).map(decodeSegment);
  const [first, ...rest] = segments;
  switch (first) {
    case undefined:
      return { type: 'root' };
    case 'api':
      return rest.length < 2 ? legacyDiscovery(rest) : parseResource(method, '', rest[0]!, rest.slice(1), query);
    case 'apis':
      return rest.length < 3 ? groupDiscovery(rest) : parseResource(method, rest[0]!, rest[1]!, rest.slice(2), query);
    case 'openapi':
      return parseOpenApi(rest);
    case 'openid':
      return rest.join('/') === 'v1/jwks' ? { type: 'openid', document: 'keys' } : UNKNOWN;
    case '.well-known':
      return rest.join('/') === 'openid-configuration' ? { type: 'openid', document: 'configuration' } : UNKNOWN;
    case 'healthz':
    case 'livez':
    case 'readyz':
      return rest.length > 1 ? UNKNOWN : { type: 'health', endpoint: first, ...(rest[0] && { check: rest[0] }) };
    case 'version':
    case 'metrics':
      return rest.length === 0 ? { type: first } : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw badRequest(`the path holds a broken percent-escape: "${segment}"`, cause);
  }
}

function legacyDiscovery([version]: readonly string[]): RequestInfo {
  return version ? { type: 'discovery', level: 'version', group: '', version } : { type: 'discovery', level: 'legacy' };
}

function groupDiscovery([group, version]: readonly string[]): RequestInfo {
  if (!group) return { type: 'discovery', level: 'groups' };
  return version
    ? { type: 'discovery', level: 'version', group, version }
    : { type: 'discovery', level: 'group', group };
}

function parseOpenApi([version, ...path]: readonly string[]): RequestInfo {
  if (version === 'v2' && path.length === 0) return { type: 'openapi', version };
  if (version === 'v3') return { type: 'openapi', version, ...(path.length > 0 && { path: path.join('/') }) };
  return UNKNOWN;
}

/** `segments` is what follows the version: `namespaces/x/pods/y/log`, `nodes/z`, with the old `watch/` prefix perhaps. */
function parseResource(
  method: string,
  group: string,
  version: string,
  segments: readonly string[],
  query: URLSearchParams,
): RequestInfo {
  const watchPrefix = segments[0] === 'watch' && segments.length > 1;
  const target = parseTarget(watchPrefix ? segments.slice(1) : segments);
  if (!target) return UNKNOWN;
  const verb = watchPrefix ? watchVerb(method) : verbOf(method, target.name !== undefined, query);
  return verb ? { type: 'resource', verb, group, version, ...target } : UNKNOWN;
}

type Target = Pick<ResourceRequest, 'plural' | 'namespace' | 'name' | 'subresource'>;

function parseTarget(segments: readonly string[]): Target | undefined {
  const [first, second, third] = segments;
  if (first === 'namespaces' && second && third && !NAMESPACE_SUBRESOURCES.has(third)) {
    const inner = parseTarget(segments.slice(2));
    // A namespace inside a namespace has no meaning.
    return inner && third !== 'namespaces' ? { namespace: second, ...inner } : undefined;
  }
  // What follows `proxy` is a path of what is behind it.
  if (!first || (segments.length > 3 && third !== 'proxy')) return undefined;
  return { plural: first, ...(second && { name: second }), ...(third && { subresource: third }) };
}

const watchVerb = (method: string): Verb | undefined => (method === 'GET' || method === 'HEAD' ? 'watch' : undefined);

function verbOf(method: string, named: boolean, query: URLSearchParams): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (named) return 'get';
      // HEAD asks for the headers of an answer, and a watch has no end to wait for.
      return method === 'GET' && isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** Kubernetes' reading of a boolean query parameter: present means true unless it says `false` or `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}
