import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { Rng } from '../../platform/rng.ts';
import { pick } from './dice.ts';
import { ODD_KEYS } from './mutate.ts';
import { NAMESPACE } from './objects.ts';

export function collectionOf(resource: ResourceDefinition, namespace: string | undefined = NAMESPACE): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  return resource.namespaced && namespace
    ? `${root}/namespaces/${namespace}/${resource.plural}`
    : `${root}/${resource.plural}`;
}

export const pathOf = (resource: ResourceDefinition, name: string): string =>
  `${collectionOf(resource)}/${encodeURIComponent(name)}`;

export const OTHER_PATHS = [
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

export const subresourcesOf = (resource: ResourceDefinition): string[] => [
  ...(resource.hasStatus ? ['status'] : []),
  ...(resource.scale ? ['scale'] : []),
  ...Object.keys(resource.subresources ?? {}),
  ...(resource.plural === 'namespaces' ? ['finalize'] : []),
  'nothing',
];

export function bendPath(path: string, rng: Rng): string {
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
