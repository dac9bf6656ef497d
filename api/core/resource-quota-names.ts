import { quantityOf, unitsOf } from './resource-units.ts';

/** What a resource quota can limit, by name ("Resource Quotas"). */

/** Of pods, also within scopes. */
const COMPUTE = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const COUNTS = [
  'pods',
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
const STANDARD = new Set([
  ...COMPUTE,
  ...COUNTS,
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.storage',
]);
const WHOLE = new Set(COUNTS);

/** Before the name of a storage class, what is counted of its claims alone: `gold.storageclass.storage.k8s.io/requests.storage`. */
export const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

/** Whether a name without a slash is one of Kubernetes' own. */
export const isStandardQuotaName = (name: string): boolean =>
  STANDARD.has(name) || /^(requests\.)?hugepages-/.test(name);

/** Things that are counted, and cannot be divided. */
export const isWholeQuotaName = (name: string): boolean =>
  WHOLE.has(name) || name.startsWith('count/') || name.endsWith('/persistentvolumeclaims');

/** Whether a quota for pods of some kind only may limit it: the best effort ones ask for nothing. */
export const isScopedQuotaName = (name: string, bestEffortOnly: boolean): boolean =>
  name === 'pods' || (!bestEffortOnly && COMPUTE.includes(name));

/** Pods have to say how much they want of these where a quota limits them. */
export const MUST_BE_SAID: readonly string[] = COMPUTE;

/** The resource whose amount is meant: `cpu` of `limits.cpu`. Storage is counted in bytes, as memory is. */
function measured(name: string): string {
  const plain = name.replace(/^(requests|limits)\./, '');
  return plain === 'storage' || name.endsWith(`${CLASS_SUFFIX}requests.storage`) ? 'memory' : plain;
}

/** An amount as a number that can be added up; see {@link unitsOf}. */
export const quotaUnits = (name: string, quantity: string): number => unitsOf(measured(name), quantity);
export const quotaQuantity = (name: string, units: number): string => quantityOf(measured(name), units);
