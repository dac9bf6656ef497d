import { ScaleSchema } from '../../autoscaling/scale.ts';
import { PlacementSchema } from '../../stowage/placement.ts';
import { RESOURCE_VERBS, type ResourceDefinition, type ResourceVerb } from '../definition.ts';
import { DeleteOptionsSchema, definitionName, listSchemaOf, StatusSchema } from '../envelopes.ts';
import type { TSchema } from '../schema.ts';
import { SUBRESOURCE_KINDS, subresourceKind } from '../subresources.ts';
import type { GroupVersionKind } from './definitions.ts';

/** The API's paths as data, before they are rendered as OpenAPI v2 or v3. */

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

export interface Operation {
  readonly path: string;
  readonly method: Method;
  /** `x-kubernetes-action`. */
  readonly action: string;
  readonly gvk: GroupVersionKind;
  readonly id: string;
  readonly description: string;
  readonly pathParameters: readonly ('namespace' | 'name')[];
  readonly query: readonly QueryParameter[];
  /** Schema of the request's body. */
  readonly body?: TSchema;
  /** Absent: plain text. */
  readonly result?: TSchema;
  /** Of a custom resource. */
  readonly custom: boolean;
}

export type AnyResource = ResourceDefinition<never> | ResourceDefinition;

const query = (name: string, type: QueryParameter['type'], description: string): QueryParameter => ({
  name,
  type,
  description,
});

const LIST: readonly QueryParameter[] = [
  query('labelSelector', 'string', 'Only objects whose labels match.'),
  query('fieldSelector', 'string', 'Only objects whose fields match.'),
  query('limit', 'integer', 'Most items on one page.'),
  query('continue', 'string', 'Token of the page to continue with.'),
  query('resourceVersion', 'string', 'Version the answer must be at, or be no older than.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('timeoutSeconds', 'integer', 'Seconds after which the server ends the request.'),
];
const WATCH: readonly QueryParameter[] = [
  query('watch', 'boolean', 'Stream changes instead of listing.'),
  query('allowWatchBookmarks', 'boolean', 'Whether the stream may carry bookmarks.'),
  query('sendInitialEvents', 'boolean', 'Whether the stream starts with the present objects.'),
];
const DRY_RUN = query('dryRun', 'string', 'With All, every check runs and nothing is stored.');
const WRITE: readonly QueryParameter[] = [
  DRY_RUN,
  query('fieldManager', 'string', 'Name of whoever makes the change.'),
  query('fieldValidation', 'string', 'What happens on unknown fields: Ignore, Warn or Strict.'),
];
const FORCE = query('force', 'boolean', 'Take over fields of other managers when applying.');
const DELETE: readonly QueryParameter[] = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'Seconds allowed for a graceful end; 0 ends at once.'),
  query('propagationPolicy', 'string', 'What happens to dependents: Orphan, Background or Foreground.'),
];
const LOG: readonly QueryParameter[] = [
  query('container', 'string', 'Container whose log is read.'),
  query('follow', 'boolean', 'Keep the stream open.'),
  query('previous', 'boolean', 'The log of the container before its last restart.'),
  query('sinceSeconds', 'integer', 'Only lines of the last so many seconds.'),
  query('sinceTime', 'string', 'Only lines since this RFC 3339 time.'),
  query('tailLines', 'integer', 'Only so many last lines.'),
  query('limitBytes', 'integer', 'At most so many bytes.'),
  query('timestamps', 'boolean', 'Put a time before each line.'),
];
const VERB_METHODS: Readonly<Record<string, Method>> = {
  get: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
};

/** What is read from further subresources, where that is JSON. */
const RESULTS: Readonly<Record<string, TSchema>> = { placement: PlacementSchema };

/** `/api/v1` or `/apis/apps/v1`. */
export const rootOf = ({ group, version }: { group: string; version: string }) =>
  group ? `/apis/${group}/${version}` : `/api/${version}`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What an operation is called: `CoreV1`, `AppsV1`. */
const prefixOf = ({ group, version }: AnyResource) => capital((group || 'core').split('.')[0] ?? '') + capital(version);

type Draft = Pick<Operation, 'method' | 'action'> & Partial<Pick<Operation, 'query' | 'body' | 'result' | 'gvk'>>;

/** Completes the operations of one path. */
function operationsAt(
  resource: AnyResource,
  tail: string,
  scope: 'all' | 'own',
  drafts: readonly Draft[],
): Operation[] {
  const inNamespace = resource.namespaced && scope === 'own';
  const path = `${rootOf(resource)}${inNamespace ? '/namespaces/{namespace}' : ''}/${resource.plural}${tail}`;
  const suffix = tail.replace('/{name}', '').split('/').map(capital).join('');
  const where = inNamespace ? 'Namespaced' : '';
  const everywhere = resource.namespaced && scope === 'all' ? 'ForAllNamespaces' : '';
  const kind: GroupVersionKind = { group: resource.group, version: resource.version, kind: resource.kind };
  return drafts.map((draft) => {
    const verb =
      draft.action === 'post'
        ? 'create'
        : draft.action === 'put'
          ? 'replace'
          : draft.action === 'get'
            ? 'read'
            : draft.action;
    const target = `${resource.plural}${suffix ? `/${suffix.toLowerCase()}` : ''}`;
    return {
      gvk: kind,
      query: [],
      custom: resource.custom === true,
      ...draft,
      path,
      id: `${verb}${prefixOf(resource)}${where}${resource.kind}${suffix}${everywhere}`,
      description: `${capital(verb)} ${target}.`,
      pathParameters: [
        ...(inNamespace ? (['namespace'] as const) : []),
        ...(tail.includes('{name}') ? (['name'] as const) : []),
      ],
    };
  });
}

const deleteTogether: Draft = {
  method: 'delete',
  action: 'deletecollection',
  query: [...LIST, ...DELETE],
  body: DeleteOptionsSchema,
  result: StatusSchema,
};

const deletionOf = ({ schema, showsDeleted }: AnyResource): Draft => ({
  method: 'delete',
  action: 'delete',
  query: DELETE,
  body: DeleteOptionsSchema,
  result: showsDeleted ? schema : StatusSchema,
});

/** What remains of the operations on a kind that cannot be asked for everything. */
const allowed = ({ verbs = RESOURCE_VERBS }: AnyResource, drafts: readonly Draft[]): Draft[] =>
  drafts.filter(({ action }) => verbs.includes(VERB_OF_ACTION[action] ?? (action as ResourceVerb)));

const VERB_OF_ACTION: Readonly<Record<string, ResourceVerb>> = { post: 'create', put: 'update' };

function collection(resource: AnyResource): Operation[] {
  const listing: Draft = { method: 'get', action: 'list', query: [...LIST, ...WATCH], result: listSchemaOf(resource) };
  const creation: Draft = {
    method: 'post',
    action: 'post',
    query: WRITE,
    body: resource.schema,
    result: resource.schema,
  };
  const own = operationsAt(resource, '', 'own', allowed(resource, [listing, creation, deleteTogether]));
  return resource.namespaced ? [...operationsAt(resource, '', 'all', allowed(resource, [listing])), ...own] : own;
}

/** get, put and patch of an object or of its `status` or `scale`. */
const readWrite = (schema: TSchema, gvk?: GroupVersionKind): Draft[] =>
  [
    { method: 'get' as const, action: 'get', result: schema },
    { method: 'put' as const, action: 'put', query: WRITE, body: schema, result: schema },
    { method: 'patch' as const, action: 'patch', query: [...WRITE, FORCE], result: schema },
  ].map((draft) => (gvk ? { ...draft, gvk } : draft));

function subresources(resource: AnyResource): Operation[] {
  const operations: Operation[] = [];
  if (resource.hasStatus)
    operations.push(...operationsAt(resource, '/{name}/status', 'own', readWrite(resource.schema)));
  if (resource.scale)
    operations.push(...operationsAt(resource, '/{name}/scale', 'own', readWrite(ScaleSchema, SUBRESOURCE_KINDS.scale)));
  for (const [name, verbs] of Object.entries(resource.subresources ?? {})) {
    const gvk = subresourceKind(resource.plural, name);
    const drafts = verbs.flatMap((verb): Draft[] => {
      const method = VERB_METHODS[verb];
      if (!method) return [];
      const parameters = name === 'log' ? LOG : method === 'get' ? [] : WRITE;
      return [
        {
          method,
          action: verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
          query: parameters,
          ...(gvk && { gvk }),
          ...(method === 'get' && RESULTS[name] && { result: RESULTS[name] }),
        },
      ];
    });
    operations.push(...operationsAt(resource, `/{name}/${name}`, 'own', drafts));
  }
  return operations;
}

/** Every operation of a kind. */
export function operationsOf(resource: AnyResource): Operation[] {
  return [
    ...collection(resource),
    ...operationsAt(
      resource,
      '/{name}',
      'own',
      allowed(resource, [...readWrite(resource.schema), deletionOf(resource)]),
    ),
    ...subresources(resource),
  ];
}

/** Every schema the operations of these kinds refer to, with the kinds each is the body of. */
export function bodiesOf(resources: readonly AnyResource[]): { schema: TSchema; kinds: GroupVersionKind[] }[] {
  const versions = new Map(resources.map(({ group, version }) => [rootOf({ group, version }), { group, version }]));
  const everyVersion = (kind: string) => [...versions.values()].map((gv) => ({ ...gv, kind }));
  return [
    ...resources.flatMap((resource) => {
      const { group, version, kind } = resource;
      return [
        { schema: resource.schema, kinds: [{ group, version, kind }] },
        { schema: listSchemaOf(resource), kinds: [{ group, version, kind: `${kind}List` }] },
      ];
    }),
    ...(resources.some((resource) => resource.scale)
      ? [{ schema: ScaleSchema, kinds: [{ group: 'autoscaling', version: 'v1', kind: 'Scale' }] }]
      : []),
    ...Object.entries(RESULTS)
      .filter(([name]) => resources.some(({ subresources }) => subresources?.[name]))
      .map(([name, schema]) => ({ schema, kinds: [SUBRESOURCE_KINDS[name]!] })),
    { schema: DeleteOptionsSchema, kinds: everyVersion('DeleteOptions') },
    { schema: StatusSchema, kinds: [{ group: '', version: 'v1', kind: 'Status' }] },
  ];
}

export const resultName = (operation: Operation): string | undefined =>
  operation.result && definitionName(operation.result);
export const bodyName = (operation: Operation): string | undefined => operation.body && definitionName(operation.body);

/** Media types a patch may come in. */
const PATCH_TYPES: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
/** By these kubectl chooses how it patches: custom resources take no strategic merge patch. */
export const patchTypesOf = ({ custom }: Operation): readonly string[] =>
  custom ? PATCH_TYPES.filter((type) => !type.includes('strategic')) : PATCH_TYPES;
/** Media types every other body may come in. */
export const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const;
