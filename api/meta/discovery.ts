import { RESOURCE_VERBS, type ResourceDefinition } from './definition.ts';
import type { JsonObject } from './json.ts';
import { subresourceKind } from './subresources.ts';

/** Discovery documents, all derived from the definitions of kinds (Kubernetes docs, "API discovery"). */

type AnyResource = ResourceDefinition<never> | ResourceDefinition;

const verbsOf = ({ verbs = RESOURCE_VERBS }: AnyResource): string[] => verbs.toSorted();
const READ_WRITE = ['get', 'patch', 'update'] as const;

interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function subresourcesOf(resource: AnyResource): Subresource[] {
  const { group, version, kind } = resource;
  const named: [string, readonly string[]][] = Object.entries(resource.subresources ?? {});
  if (resource.hasStatus) named.push(['status', READ_WRITE]);
  if (resource.scale) named.push(['scale', READ_WRITE]);
  return named
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, verbs]) => ({
      name,
      verbs: [...verbs].sort(),
      group,
      version,
      kind,
      ...subresourceKind(resource.plural, name),
    }));
}

function groupsOf(resources: readonly AnyResource[]): Map<string, Map<string, AnyResource[]>> {
  const groups = new Map<string, Map<string, AnyResource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, AnyResource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  return groups;
}

const aliasesOf = ({ shortNames, categories }: AnyResource) => ({
  ...(shortNames.length && { shortNames: [...shortNames] }),
  ...(categories.length && { categories: [...categories] }),
});

function aggregatedResource(resource: AnyResource): JsonObject {
  const { group, version, kind } = resource;
  const subresources = subresourcesOf(resource).map((subresource) => ({
    subresource: subresource.name,
    responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
    verbs: subresource.verbs,
  }));
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: verbsOf(resource),
    ...aliasesOf(resource),
    ...(subresources.length && { subresources }),
  };
}

/**
 * `APIGroupDiscoveryList`: all resources in one answer. `/api` asks for the `core` part, `/apis` for the named groups. The two
 * versions of the document have the same shape.
 */
export function aggregatedDiscovery(
  resources: readonly AnyResource[],
  part: 'core' | 'groups',
  documentVersion: 'v2' | 'v2beta1' = 'v2',
): JsonObject {
  const items = [...groupsOf(resources)]
    .filter(([group]) => (group === '') === (part === 'core'))
    .map(([group, versions]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: [...versions].map(([version, members]) => ({
        version,
        resources: members.map(aggregatedResource),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${documentVersion}`, metadata: {}, items };
}

/** `/api`, plain. `serverAddress` is `host:port` as clients reach it. */
export function apiVersions(resources: readonly AnyResource[], serverAddress: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: [...(groupsOf(resources).get('')?.keys() ?? [])],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function groupJson(group: string, versions: Iterable<string>): JsonObject {
  const list = [...versions].map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: list, preferredVersion: list[0] };
}

/** `/apis`, plain. */
export function apiGroupList(resources: readonly AnyResource[]): JsonObject {
  const groups = [...groupsOf(resources)].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, versions]) => groupJson(group, versions.keys())),
  };
}

/** `/apis/GROUP`; undefined when there is no such group. */
export function apiGroup(resources: readonly AnyResource[], group: string): JsonObject | undefined {
  const versions = group ? groupsOf(resources).get(group) : undefined;
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupJson(group, versions.keys()) };
}

function resourceEntries(resource: AnyResource): JsonObject[] {
  const main = {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: verbsOf(resource),
    ...aliasesOf(resource),
  };
  const others = subresourcesOf(resource).map(({ name, verbs, group, version, kind }) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...((group !== resource.group || version !== resource.version) && { group, version }),
    kind,
    verbs,
  }));
  return [main, ...others];
}

/** `/api/v1` and `/apis/GROUP/VERSION`; undefined when there is no such version. */
export function apiResourceList(
  resources: readonly AnyResource[],
  group: string,
  version: string,
): JsonObject | undefined {
  const members = groupsOf(resources).get(group)?.get(version);
  if (!members) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources: members.flatMap(resourceEntries),
  };
}
