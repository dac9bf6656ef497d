import type { IncomingHttpHeaders } from 'node:http';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from '../../api/meta/discovery.ts';
import { noSuchPath, notAcceptable } from '../../api/meta/errors.ts';
import { type Answer, JSON_TYPE, json } from './answer.ts';
import { type Documents, publish } from './documents.ts';
import { encodingOf, parseAccept } from './negotiation.ts';
import type { RequestInfo } from './request.ts';

type DiscoveryRequest = Extract<RequestInfo, { type: 'discovery' }>;
type AggregatedVersion = 'v2' | 'v2beta1';

/** Which kinds there are (Kubernetes docs, "API discovery"): in one aggregated document, or group by group. */
export function discovery(documents: Documents, info: DiscoveryRequest, headers: IncomingHttpHeaders): Answer {
  const { resources } = documents;
  switch (info.level) {
    case 'legacy':
      return aggregated(documents, 'core', headers) ?? json(200, apiVersions(resources, headers.host ?? ''));
    case 'groups':
      return aggregated(documents, 'groups', headers) ?? json(200, apiGroupList(resources));
    case 'group':
      return found(apiGroup(resources, info.group));
    case 'version':
      return found(apiResourceList(resources, info.group, info.version));
  }
}

function found(document: object | undefined): Answer {
  if (!document) throw noSuchPath();
  return json(200, document);
}

/** Undefined when the client prefers the plain form. */
function aggregated(documents: Documents, part: 'core' | 'groups', headers: IncomingHttpHeaders): Answer | undefined {
  const version = preferredForm(headers.accept);
  if (version === 'plain') return undefined;
  const document = documents.get(`aggregated/${part}/${version}`, () =>
    aggregatedDiscovery(documents.resources, part, version),
  );
  const contentType = `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return publish(document, headers, contentType);
}

/** The first form in `Accept` that is offered. Throws 406 when none is. */
export function preferredForm(accept: string | undefined): AggregatedVersion | 'plain' {
  for (const { type, parameters } of parseAccept(accept)) {
    if (encodingOf(type) !== 'json') continue;
    const as = parameters.get('as');
    if (as === undefined) return 'plain';
    const version = parameters.get('v');
    const isDiscovery = as === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (isDiscovery && (version === 'v2' || version === 'v2beta1')) return version;
  }
  throw notAcceptable([JSON_TYPE]);
}

/** `/`: the paths there are. */
export function root({ resources }: Documents): Answer {
  const versions = resources.map(({ group, version }) => (group ? `/apis/${group}/${version}` : `/api/${version}`));
  const groups = resources.filter(({ group }) => group).map(({ group }) => `/apis/${group}`);
  const fixed = [
    '/api',
    '/apis',
    '/healthz',
    '/livez',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
  return json(200, { paths: [...new Set([...fixed, ...groups, ...versions])].sort() });
}
