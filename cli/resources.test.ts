import { describe, expect, test } from 'vitest';
import { pathOf, resourcesOf } from './discovery.ts';
import { parseTargets, resolveKind, resolveType } from './resources.ts';
import { DEPLOYMENT, NODE, POD, RESOURCES } from './sample.fixture.ts';

describe('a type', () => {
  test.each(['pods', 'pod', 'po', 'Pod', 'POD'])('%s is pods', (word) => {
    expect(resolveType(RESOURCES, word)).toEqual([POD]);
  });

  test.each(['deploy', 'deployments.apps', 'deployment.apps', 'deployments.v1.apps', 'deploy.apps'])(
    '%s is deployments',
    (word) => {
      expect(resolveType(RESOURCES, word)).toEqual([DEPLOYMENT]);
    },
  );

  test('a category is all of its kinds', () => {
    expect(resolveType(RESOURCES, 'all')).toEqual([POD, DEPLOYMENT]);
  });

  test('a real name goes before another kind’s short name', () => {
    const other = { ...NODE, plural: 'others', kind: 'Other', singular: 'other', shortNames: ['pods'] };
    expect(resolveType([other, POD], 'pods')).toEqual([POD]);
  });

  test.each(['pdos', 'pods.apps', 'deployments.v2.apps'])('%s is unknown', (word) => {
    expect(() => resolveType(RESOURCES, word)).toThrow(`error: the server doesn't have a resource type "${word}"`);
  });
});

test('a manifest’s kind goes by its group and version', () => {
  expect(resolveKind(RESOURCES, 'apps/v1', 'Deployment')).toBe(DEPLOYMENT);
  expect(() => resolveKind(RESOURCES, 'v1', 'Deployment')).toThrow('no matches for kind "Deployment" in version "v1"');
});

describe('targets', () => {
  test('one type and names, or several types', () => {
    expect(parseTargets(RESOURCES, ['po', 'a', 'b'])).toEqual([
      { resource: POD, name: 'a' },
      { resource: POD, name: 'b' },
    ]);
    expect(parseTargets(RESOURCES, ['pods,nodes'])).toEqual([{ resource: POD }, { resource: NODE }]);
  });

  test('a type that is named twice counts once', () => {
    expect(parseTargets(RESOURCES, ['all,po'])).toEqual([{ resource: POD }, { resource: DEPLOYMENT }]);
  });

  test('TYPE/NAME, each by itself', () => {
    expect(parseTargets(RESOURCES, ['deploy/web', 'po/a'])).toEqual([
      { resource: DEPLOYMENT, name: 'web' },
      { resource: POD, name: 'a' },
    ]);
  });

  test.each([[['pods,nodes', 'a']], [['po/a', 'b']], [['po/']], [['all/web']], [[]]])('%j is refused', (words) => {
    expect(() => parseTargets(RESOURCES, words)).toThrow(/^error: /);
  });
});

test('paths', () => {
  expect(pathOf(POD, 'web', 'a', 'log')).toBe('/api/v1/namespaces/web/pods/a/log');
  expect(pathOf(DEPLOYMENT)).toBe('/apis/apps/v1/deployments');
  expect(pathOf(NODE, 'ignored', 'n1')).toBe('/api/v1/nodes/n1');
});

test('reads an aggregated discovery document', () => {
  const document = {
    items: [
      {
        metadata: { name: 'apps' },
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'deployments',
                responseKind: { kind: 'Deployment' },
                scope: 'Namespaced',
                singularResource: 'deployment',
                verbs: ['get', 'list', 'watch'],
                shortNames: ['deploy'],
                categories: ['all'],
                subresources: [{ subresource: 'scale' }, { subresource: 'status' }],
              },
            ],
          },
        ],
      },
    ],
  };
  expect(resourcesOf(document)).toEqual([DEPLOYMENT]);
});
