/** Kinds that simulated users touch, under the names that histories have for them (`group/plural`), with the version they are asked in. */
const VERSIONS = {
  '/namespaces': 'v1',
  '/nodes': 'v1',
  '/pods': 'v1',
  '/services': 'v1',
  '/secrets': 'v1',
  '/configmaps': 'v1',
  '/resourcequotas': 'v1',
  '/persistentvolumeclaims': 'v1',
  '/persistentvolumes': 'v1',
  'apps/deployments': 'v1',
  'apps/replicasets': 'v1',
  'apps/statefulsets': 'v1',
  'apps/daemonsets': 'v1',
  'batch/jobs': 'v1',
  'batch/cronjobs': 'v1',
  'policy/poddisruptionbudgets': 'v1',
  'discovery.k8s.io/endpointslices': 'v1',
  'scheduling.k8s.io/priorityclasses': 'v1',
  'stowage.dev/bandquotas': 'v1',
} as const;

export type Resource = keyof typeof VERSIONS;

export const RESOURCES = Object.keys(VERSIONS) as readonly Resource[];

const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  '/namespaces',
  '/nodes',
  '/persistentvolumes',
  'scheduling.k8s.io/priorityclasses',
]);

export const isNamespaced = (resource: Resource): boolean => !CLUSTER_WIDE.has(resource);

/** The path of one object, or of a list where `name` is empty (of all namespaces where that is empty too). */
export function pathOf(resource: Resource, namespace = '', name = ''): string {
  const [group, plural] = resource.split('/') as [string, string];
  const root = group === '' ? `/api/${VERSIONS[resource]}` : `/apis/${group}/${VERSIONS[resource]}`;
  const space = namespace && isNamespaced(resource) ? `/namespaces/${namespace}` : '';
  return `${root}${space}/${plural}${name && `/${name}`}`;
}
