import { stringify } from 'yaml';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { copyJson, isJsonObject, type JsonObject } from '../../api/meta/json.ts';
import { SUBRESOURCE_KINDS } from '../../api/meta/subresources.ts';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { encodePiece, enveloped, hasProtobuf } from '../../api/protobuf/encode.ts';
import type { Rng } from '../../platform/rng.ts';
import { Dice, pick } from './dice.ts';
import { mutateBytes, mutateText, mutateValue, ODD_KEYS } from './mutate.ts';
import { minimal, NAMESPACE, randomObject } from './objects.ts';
import type { Shot } from './shot.ts';

/** A script is a handful of requests around one object; it is made of its seed alone, and can be sent to any server. */
export interface Script {
  readonly seed: number;
  readonly shots: readonly Shot[];
  /** How many places of it were mutated. */
  readonly mutations: number;
}

const MAX_SHOTS = 6;
const JSON_TYPE = 'application/json';
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** The script of a seed; `without` names mutations to leave out. */
export function scriptOf(
  seed: number,
  resources: readonly ResourceDefinition[],
  without?: ReadonlySet<number>,
): Script {
  const dice = new Dice(seed, without);
  const rng = dice.fork();
  const resource = pick(rng, resources);
  const object = randomObject(resource, dice.fork());
  const name = String((object.metadata as JsonObject).name);
  const scene: Scene = { dice, resource, object, name };
  const shots = [create(scene)];
  const count = 1 + rng.int(MAX_SHOTS);
  for (let i = 0; i < count; i += 1) shots.push(furnished(scene, anything(scene, dice.fork())));
  shots.push({ method: 'DELETE', path: `${pathOf(resource, name)}?gracePeriodSeconds=0`, headers: {}, resource });
  return { seed, shots, mutations: dice.mutations };
}

interface Scene {
  readonly dice: Dice;
  readonly resource: ResourceDefinition;
  readonly object: JsonObject;
  readonly name: string;
}

export function collectionOf(resource: ResourceDefinition, namespace: string | undefined = NAMESPACE): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  return resource.namespaced && namespace
    ? `${root}/namespaces/${namespace}/${resource.plural}`
    : `${root}/${resource.plural}`;
}

export const pathOf = (resource: ResourceDefinition, name: string): string =>
  `${collectionOf(resource)}/${encodeURIComponent(name)}`;

function create(scene: Scene): Shot {
  const { resource, dice, object } = scene;
  const value = mutatedTimes(dice, copyJson(object, 'the object'), 0.5);
  return furnished(scene, { method: 'POST', path: collectionOf(resource), ...encoded(scene, value), resource });
}

/** One of the requests that can be made about the scene's object. */
function anything(scene: Scene, rng: Rng): Shot {
  const { resource, name } = scene;
  const path = pathOf(resource, name);
  const part = pick(rng, ['', ...subresourcesOf(resource)]);
  const at = part ? `${path}/${part}` : path;
  switch (rng.int(12)) {
    case 0:
    case 1:
      return { method: 'PUT', path: at, ...encoded(scene, partBody(scene, part, rng)), resource };
    case 2:
    case 3:
    case 4:
    case 5:
      return patchOf(scene, at, part, rng);
    case 6:
      return { method: pick(rng, ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'LINK']), path: at, headers: {}, resource };
    case 7:
      return {
        method: 'GET',
        path: `${collectionOf(resource, pick(rng, [NAMESPACE, '', 'nowhere']))}`,
        headers: {},
        resource,
      };
    case 8:
      return {
        method: 'DELETE',
        path: pick(rng, [path, path, collectionOf(resource)]),
        ...encoded(scene, deleteOptions(scene)),
        resource,
      };
    case 9:
      return { method: 'POST', path: at, ...encoded(scene, partBody(scene, part, rng)), resource };
    case 10:
      return {
        method: 'GET',
        path: `${collectionOf(resource).replace(/^(\/apis?\/(?:[^/]+\/)?v[^/]+)/, '$1/watch')}`,
        headers: {},
        resource,
      };
    default:
      return { method: pick(rng, ['GET', 'GET', 'POST']), path: pick(rng, OTHER_PATHS), headers: {} };
  }
}

const OTHER_PATHS = [
  ...[
    '/',
    '/api',
    '/apis',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/api/v1',
  ],
  ...['/version', '/healthz', '/livez/ping', '/readyz?verbose', '/openid/v1/jwks', '/.well-known/openid-configuration'],
  ...[
    '/apis/__proto__',
    '/apis/apps/constructor',
    '/api/v1/__proto__',
    '/api/v1/constructor/toString',
    '/api/v1/namespaces/default/pods/a/__proto__',
  ],
  ...[
    '//',
    '/%2e%2e/%2e%2e',
    '/api/v1/namespaces/%2F/pods',
    '/api/v1/namespaces//pods',
    '/api/v1/pods/%00',
    '/api/v1/nodes/%ff',
    '/api/v1/watch',
  ],
  ...[
    '/api/v1/namespaces/default/pods/a/exec',
    '/api/v1/namespaces/default/pods/a/log?tailLines=-1',
    '/openapi/v3/__proto__',
    '/apis/a/b/c/d/e/f/g/h',
  ],
];

const subresourcesOf = (resource: ResourceDefinition): string[] => [
  ...(resource.hasStatus ? ['status'] : []),
  ...(resource.scale ? ['scale'] : []),
  ...Object.keys(resource.subresources ?? {}),
  ...(resource.plural === 'namespaces' ? ['finalize'] : []),
  'nothing',
];

function partBody({ dice, resource, object, name }: Scene, part: string, rng: Rng): unknown {
  const kind = SUBRESOURCE_KINDS[part];
  const metadata = { name, ...(resource.namespaced && { namespace: NAMESPACE }) };
  const plain = kind
    ? {
        ...{ apiVersion: apiVersionOf({ ...kind, plural: '' }), kind: kind.kind, metadata },
        ...{ spec: { replicas: rng.int(5), audiences: [] }, target: { kind: 'Node', name: 'n' } },
        deleteOptions: { gracePeriodSeconds: 0 },
      }
    : rng.int(2) === 0
      ? randomObject(resource, dice.fork())
      : object;
  return mutatedTimes(dice, copyJson(plain, 'the object'), 0.6);
}

const deleteOptions = ({ dice }: Scene): unknown =>
  mutatedTimes(
    dice,
    {
      ...{
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        propagationPolicy: 'Background',
        dryRun: ['All'],
      },
      preconditions: { uid: 'x', resourceVersion: '1' },
    },
    0.7,
  );

function patchOf(scene: Scene, path: string, part: string, rng: Rng): Shot {
  const type = pick(rng, PATCHES);
  const body = partBody(scene, part, rng);
  const patch = type === PATCHES[0] ? jsonPatch(scene, body, rng) : body;
  const text = scene.dice.mutated(0.1, JSON.stringify(patch) ?? '', mutateText);
  const query =
    type === PATCHES[3] ? `?fieldManager=${pick(rng, ['a', 'b', 'kubectl'])}${pick(rng, ['', '&force=true'])}` : '';
  return {
    method: 'PATCH',
    path: path + query,
    headers: { 'content-type': type },
    body: Buffer.from(text),
    resource: scene.resource,
  };
}

function jsonPatch({ dice }: Scene, value: unknown, rng: Rng): unknown {
  const pointers = [
    '',
    '/spec',
    '/metadata',
    '/metadata/labels',
    '/metadata/labels/a',
    '/metadata/finalizers/-',
    '/status',
    '/__proto__/polluted',
    '/constructor/prototype/polluted',
    '/data/~0~1',
    '/spec/containers/0',
    '/spec/containers/01',
    '/metadata/managedFields/0',
  ];
  const one = () => ({
    op: pick(rng, ['add', 'remove', 'replace', 'move', 'copy', 'test']),
    path: pick(rng, pointers),
    from: pick(rng, pointers),
    value: pick<unknown>(rng, [null, 1, 'x', {}, [], isJsonObject(value) ? value.spec : value, { a: 'b' }]),
  });
  return mutatedTimes(dice, Array.from({ length: 1 + rng.int(4) }, one), 0.3);
}

function mutatedTimes(dice: Dice, value: unknown, probability: number): unknown {
  let changed = value;
  for (let i = 0; i < 3; i += 1) changed = dice.mutated(probability / (i + 1), changed, mutateValue);
  return changed;
}

/** The value as a body, in one of the forms that the API reads. */
function encoded({ dice, resource }: Scene, value: unknown): Pick<Shot, 'headers' | 'body'> {
  const rng = dice.fork();
  const type = pick(rng, [JSON_TYPE, JSON_TYPE, JSON_TYPE, 'application/yaml', PROTOBUF_TYPE]);
  const headers = { 'content-type': type };
  if (type === PROTOBUF_TYPE) {
    const bytes = protobufOf(resource, value);
    if (bytes) return { headers, body: dice.mutated(0.4, bytes, mutateBytes) };
    return { headers, body: Buffer.from(JSON.stringify(value) ?? '') };
  }
  const text = type === JSON_TYPE ? JSON.stringify(value) : yamlOf(value);
  return { headers, body: Buffer.from(dice.mutated(0.15, text ?? '', mutateText)) };
}

/** What is nested too deeply for the writer of YAML is YAML as JSON, too. */
function yamlOf(value: unknown): string {
  try {
    return stringify(value);
  } catch {
    return JSON.stringify(value);
  }
}

function protobufOf(resource: ResourceDefinition, value: unknown): Buffer | undefined {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  if (!isJsonObject(value) || !hasProtobuf(type)) return undefined;
  try {
    return enveloped(type, [encodePiece(type, value)]);
  } catch {
    // What no message can say is sent as something that is none.
    return undefined;
  }
}

const PARAMETERS: readonly string[] = [
  ...[
    'limit=1',
    'limit=0',
    'limit=-1',
    'limit=1e3',
    'limit=999999999999999999',
    'continue=x',
    'continue=eyJ2IjoxfQ',
    'continue=',
  ],
  ...[
    'resourceVersion=0',
    'resourceVersion=1',
    'resourceVersion=999999999',
    'resourceVersion=-1',
    'resourceVersion=x',
    'resourceVersionMatch=Exact',
  ],
  ...[
    'resourceVersionMatch=NotOlderThan',
    'resourceVersionMatch=x',
    'watch=1',
    'watch=true&timeoutSeconds=1',
    'timeoutSeconds=x',
    'timeoutSeconds=-5',
  ],
  ...[
    'sendInitialEvents=true',
    'allowWatchBookmarks=true',
    'labelSelector=a=b',
    'labelSelector=a in (b,c),!d',
    'labelSelector=a%20in%20(',
    'labelSelector=!!a',
  ],
  ...[
    'fieldSelector=metadata.name=a',
    'fieldSelector=status.phase!=Running',
    'fieldSelector=__proto__=1',
    'fieldSelector=a',
    'dryRun=All',
    'dryRun=x',
  ],
  ...[
    'fieldManager=m',
    'fieldManager=%00',
    `fieldManager=${'a'.repeat(200)}`,
    'fieldValidation=Strict',
    'fieldValidation=x',
    'force=true',
    'pretty=true',
  ],
  ...[
    'gracePeriodSeconds=0',
    'gracePeriodSeconds=-1',
    'gracePeriodSeconds=1e9',
    'propagationPolicy=Orphan',
    'propagationPolicy=x',
    'orphanDependents=x',
  ],
  ...[
    'includeObject=x',
    '__proto__=1',
    '%zz=1',
    '=',
    '&&&',
    'container=a',
    'tailLines=x',
    'sinceSeconds=-1',
    'sinceTime=x',
    'limitBytes=0',
    'follow=x',
  ],
];

const ACCEPTS = [
  ...[
    '*/*',
    'application/json',
    'application/yaml',
    PROTOBUF_TYPE,
    'text/html',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
  ],
  ...[
    'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    ';',
    ',,,',
    'application/json;as=__proto__',
  ],
  ...[
    'application/json;q=x',
    'application/json;stream=watch',
    `${PROTOBUF_TYPE};stream=watch`,
    'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io',
    'a/b;'.repeat(2_000),
  ],
];

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  ...ACCEPTS.map((accept) => ({ accept })),
  ...['', 'nonsense', 'application/json; charset=x', 'text/yaml', PROTOBUF_TYPE, ...PATCHES].map((type) => ({
    'content-type': type,
  })),
  ...[
    { 'accept-encoding': 'gzip' },
    { 'accept-encoding': 'br;q=x' },
    { 'content-encoding': 'gzip' },
    { 'if-none-match': '*' },
  ],
  ...[
    { 'impersonate-user': 'ann' },
    { 'impersonate-user': '' },
    { 'impersonate-extra-__proto__': 'x' },
    { 'impersonate-group': 'system:masters' },
  ],
  ...[
    { authorization: 'Bearer x' },
    { authorization: 'Bearer a.b.c' },
    { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
    { 'user-agent': 'x'.repeat(4_000) },
  ],
  ...[
    { expect: 'x' },
    { connection: 'upgrade', upgrade: 'websocket' },
    { 'x-forwarded-for': '::' },
    { host: '..' },
    { 'kubectl-command': '__proto__' },
  ],
];

/** The request with a query and headers that chance adds, and a path that chance bends. */
function furnished({ dice }: Scene, shot: Shot): Shot {
  let { path, headers } = shot;
  for (let i = 0; i < 3; i += 1) {
    path = dice.mutated(
      0.25,
      path,
      (before, rng) => `${before}${before.includes('?') ? '&' : '?'}${pick(rng, PARAMETERS)}`,
    );
  }
  headers = dice.mutated(0.2, headers, (before, rng) => ({ ...before, ...pick(rng, HEADERS) }));
  path = dice.mutated(0.05, path, bendPath);
  return { ...shot, path: path.replace(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char.toWellFormed())), headers };
}

function bendPath(path: string, rng: Rng): string {
  const segments = path.split('/');
  const at = 1 + rng.int(Math.max(1, segments.length - 1));
  const piece = pick(rng, [
    ...ODD_KEYS,
    '%',
    '%00',
    '%2F',
    '%ff%fe',
    'v2',
    'namespaces',
    'watch',
    'status',
    'a'.repeat(9_000),
  ]);
  segments.splice(at, rng.int(2), /^%/.test(piece) ? piece : encodeURIComponent(piece.toWellFormed()));
  return segments.join('/');
}

/** The kinds' least objects, for those who need something that is there. */
export const firstShot = (resource: ResourceDefinition): Shot => ({
  method: 'POST',
  path: collectionOf(resource),
  headers: { 'content-type': JSON_TYPE },
  body: Buffer.from(JSON.stringify(minimal(resource))),
  resource,
});
