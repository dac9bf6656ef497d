import { expect, test } from 'vitest';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { crates, docks } from './sample.suite.ts';

const resources = [crates, docks];
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

test('aggregated: the core group', () => {
  expect(aggregatedDiscovery(resources, 'core')).toEqual({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [
      {
        metadata: { name: '', creationTimestamp: null },
        versions: [
          {
            version: 'v1',
            freshness: 'Current',
            resources: [
              {
                resource: 'crates',
                responseKind: { group: '', version: 'v1', kind: 'Crate' },
                scope: 'Namespaced',
                singularResource: 'crate',
                verbs,
                shortNames: ['cr'],
                categories: ['all'],
                subresources: [
                  {
                    subresource: 'binding',
                    responseKind: { group: '', version: 'v1', kind: 'Binding' },
                    verbs: ['create'],
                  },
                  { subresource: 'log', responseKind: { group: '', version: 'v1', kind: 'Crate' }, verbs: ['get'] },
                  {
                    subresource: 'scale',
                    responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
                    verbs: ['get', 'patch', 'update'],
                  },
                  {
                    subresource: 'status',
                    responseKind: { group: '', version: 'v1', kind: 'Crate' },
                    verbs: ['get', 'patch', 'update'],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});

test('aggregated: the named groups, in the older version too', () => {
  const list = aggregatedDiscovery(resources, 'groups', 'v2beta1');
  expect(list).toMatchObject({ apiVersion: 'apidiscovery.k8s.io/v2beta1', items: [{ metadata: { name: 'apps' } }] });
  expect(list.items).toHaveLength(1);
});

test('a kind of which not everything can be asked says what can', () => {
  const kept = [{ ...crates, verbs: ['get', 'list'] as const }];
  const one = ['get', 'list'];
  expect(apiResourceList(kept, '', 'v1')).toMatchObject({
    resources: [{ name: 'crates', verbs: one }, {}, {}, {}, {}],
  });
  expect(aggregatedDiscovery(kept, 'core')).toMatchObject({
    items: [{ versions: [{ resources: [{ resource: 'crates', verbs: one }] }] }],
  });
});

test('plain documents', () => {
  expect(apiVersions(resources, 'host:6443')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  const apps = {
    name: 'apps',
    versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
    preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
  };
  expect(apiGroupList(resources)).toEqual({ kind: 'APIGroupList', apiVersion: 'v1', groups: [apps] });
  expect(apiGroup(resources, 'apps')).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...apps });
  expect(apiGroup(resources, '')).toBeUndefined();
  expect(apiGroup(resources, 'nope')).toBeUndefined();
});

test('plain resource lists name each resource and subresource', () => {
  const list = apiResourceList(resources, '', 'v1') as { groupVersion: string; resources: { name: string }[] };
  expect(list.groupVersion).toBe('v1');
  expect(list.resources.map(({ name }) => name)).toEqual([
    'crates',
    'crates/binding',
    'crates/log',
    'crates/scale',
    'crates/status',
  ]);
  expect(list.resources[0]).toEqual({
    name: 'crates',
    singularName: 'crate',
    namespaced: true,
    kind: 'Crate',
    verbs,
    shortNames: ['cr'],
    categories: ['all'],
  });
  expect(list.resources[3]).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale', singularName: '' });
  expect(apiResourceList(resources, 'apps', 'v2')).toBeUndefined();
});
