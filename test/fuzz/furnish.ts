import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { pick } from './dice.ts';
import { PATCHES } from './patches.ts';
import { bendPath } from './paths.ts';
import type { Scene } from './script.ts';
import type { Shot } from './shot.ts';

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
    'command=sh&stdin=1&stdout=1&container=main',
    'command=a&tty=x',
    'ports=80',
    'previous=1',
    'timestamps=x',
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
export function furnished({ dice }: Scene, shot: Shot): Shot {
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
