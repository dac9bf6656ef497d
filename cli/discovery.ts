import type { ApiClient } from '../client/client.ts';

/** One kind of resource that the server serves. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Names of subresources: `status`, `scale`, `log`. */
  readonly subresources: readonly string[];
}

/** `apidiscovery.k8s.io/v2 APIGroupDiscoveryList`, as much as is read of it. */
interface GroupList {
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; resources?: DiscoveredResource[] }[];
  }[];
}

interface DiscoveredResource {
  resource: string;
  responseKind?: { kind?: string };
  scope?: string;
  singularResource?: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Everything the server serves: the core group first, then the others in the server's order; versions as it prefers them. */
export async function discover(client: ApiClient): Promise<ApiResource[]> {
  const [core, others] = await Promise.all([
    client.get<GroupList>('/api', { accept: AGGREGATED }),
    client.get<GroupList>('/apis', { accept: AGGREGATED }),
  ]);
  return [...resourcesOf(core), ...resourcesOf(others)];
}

/** The resources in one aggregated discovery document. */
export function resourcesOf(list: GroupList): ApiResource[] {
  return (list.items ?? []).flatMap((group) =>
    (group.versions ?? []).flatMap((version) =>
      (version.resources ?? []).map((resource) => ({
        group: group.metadata?.name ?? '',
        version: version.version,
        kind: resource.responseKind?.kind ?? '',
        plural: resource.resource,
        singular: resource.singularResource || (resource.responseKind?.kind ?? '').toLowerCase(),
        shortNames: resource.shortNames ?? [],
        categories: resource.categories ?? [],
        namespaced: resource.scope === 'Namespaced',
        verbs: resource.verbs ?? [],
        subresources: (resource.subresources ?? []).map((each) => each.subresource),
      })),
    ),
  );
}

/** Path of a collection, or of one object in it. `namespace` is ignored for cluster-wide kinds; absent means all. */
export function pathOf(resource: ApiResource, namespace?: string, name?: string, subresource?: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const space = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const tail = [name, subresource].filter((part) => part !== undefined).map((part) => `/${encodeURIComponent(part)}`);
  return `${root}${space}/${resource.plural}${tail.join('')}`;
}

/** `pod`, `deployment.apps`: how kubectl names a kind in front of an object's name. */
export const qualifiedSingular = (resource: ApiResource): string =>
  resource.group ? `${resource.singular}.${resource.group}` : resource.singular;

/** `apps/v1`, or `v1` for the core group. */
export const apiVersion = (resource: ApiResource): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;
