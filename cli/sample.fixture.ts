import type { ApiResource } from './discovery.ts';

const kind = (fields: Partial<ApiResource> & Pick<ApiResource, 'plural' | 'kind'>): ApiResource => ({
  group: '',
  version: 'v1',
  singular: fields.kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['get', 'list', 'watch'],
  subresources: [],
  ...fields,
});

/** A small cell's kinds, for tests. */
export const POD = kind({
  plural: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  categories: ['all'],
  subresources: ['log', 'placement'],
});
export const NODE = kind({ plural: 'nodes', kind: 'Node', shortNames: ['no'], namespaced: false });
export const EVENT = kind({ plural: 'events', kind: 'Event', shortNames: ['ev'] });
export const DEPLOYMENT = kind({
  group: 'apps',
  plural: 'deployments',
  kind: 'Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['scale', 'status'],
});
export const RESOURCES: readonly ApiResource[] = [POD, NODE, EVENT, DEPLOYMENT];
