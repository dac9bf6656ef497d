import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { podLimits, podRequests } from '../../../api/core/pod-resources.ts';
import { CLASS_SUFFIX, isStandardQuotaName, quotaUnits } from '../../../api/core/resource-quota-names.ts';
import { amountOf } from '../../../api/core/resource-requirements.ts';
import { type Service, services } from '../../../api/core/service.ts';
import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { compareQuantities } from '../../../api/meta/quantity.ts';
import { isCounted } from './band-usage.ts';
import { SCOPING_PARTS, type Scoping, scopingOfClaim, scopingOfPod, UNSCOPED } from './resource-quota-scopes.ts';
import { type Claim, type Counting, sharesParts } from './usage-book.ts';

/** What each object uses of what a resource quota can limit ("Resource Quotas"). */

type Uses = [name: string, units: number][];

/** `count/deployments.apps`: the name under which the objects of any kind are counted. */
export const countName = ({ group, plural }: Pick<ResourceDefinition, 'group' | 'plural'>): string =>
  `count/${plural}${group ? `.${group}` : ''}`;

/** Names under which amounts of these are limited, besides their own. Others have no limits that differ from requests. */
const WITH_LIMITS = ['cpu', 'memory', 'ephemeral-storage'];
const CLAIMING = [...SCOPING_PARTS, 'containers', 'initContainers', 'overhead', 'resources'] as const;

function usesOfPod(pod: Pod): Uses {
  // Pods that have ended are still objects, but use nothing.
  if (!isCounted(pod)) return [];
  const requests = Object.entries(podRequests(pod)).flatMap(([name, amount]): Uses => {
    const units = quotaUnits(name, amount);
    const asRequest: Uses = [[`requests.${name}`, units]];
    return isStandardQuotaName(name) ? [...asRequest, [name, units]] : asRequest;
  });
  const limits = Object.entries(podLimits(pod)).filter(([name]) => WITH_LIMITS.includes(name));
  return [
    ['pods', 1],
    ...requests,
    ...limits.map(([name, amount]): Uses[number] => [`limits.${name}`, quotaUnits(name, amount)]),
  ];
}

function usesOfService({ spec }: Service): Uses {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort')
    return [
      ['services', 1],
      ['services.nodeports', ports.length],
    ];
  if (spec?.type !== 'LoadBalancer') return [['services', 1]];
  const open = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  return [
    ['services', 1],
    ['services.loadbalancers', 1],
    ['services.nodeports', open.length],
  ];
}

function usesOfClaim({ spec, status }: PersistentVolumeClaim): Uses {
  const asked = amountOf(spec?.resources?.requests, 'storage') ?? '0';
  const given = amountOf(status?.allocatedResources, 'storage') ?? '0';
  const units = quotaUnits('requests.storage', compareQuantities(given, asked) > 0 ? given : asked);
  const uses: Uses = [
    ['persistentvolumeclaims', 1],
    ['requests.storage', units],
  ];
  const ofClass = spec?.storageClassName;
  if (!ofClass) return uses;
  return [...uses, ...uses.map(([name, amount]): Uses[number] => [`${ofClass}${CLASS_SUFFIX}${name}`, amount])];
}

/** Core kinds that are counted under their plain name as well. */
const PLAIN = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'];

interface KindUse {
  uses(object: ApiObject): Uses;
  scoping(object: ApiObject): Scoping;
  isSame(one: ApiObject, other: ApiObject): boolean;
}

const POD_USE: KindUse = {
  uses: usesOfPod,
  scoping: scopingOfPod,
  isSame: (one: Pod, other: Pod) => isCounted(one) === isCounted(other) && sharesParts(one, other, CLAIMING),
};
const SERVICE_USE: KindUse = { uses: usesOfService, scoping: () => UNSCOPED, isSame: () => false };
const CLAIM_USE: KindUse = {
  uses: usesOfClaim,
  scoping: ({ spec }: PersistentVolumeClaim) => scopingOfClaim(spec?.volumeAttributesClassName),
  isSame: () => false,
};

function useOf(resource: ResourceDefinition): KindUse {
  if (isSameResource(resource, pods)) return POD_USE;
  if (isSameResource(resource, services)) return SERVICE_USE;
  if (isSameResource(resource, persistentVolumeClaims)) return CLAIM_USE;
  const uses: Uses = !resource.group && PLAIN.includes(resource.plural) ? [[resource.plural, 1]] : [];
  const sameObject = (one: ApiObject, other: ApiObject) => metaOf(one).uid === metaOf(other).uid;
  return { uses: () => uses, scoping: () => UNSCOPED, isSame: sameObject };
}

/** Kinds whose objects may come to use more while they are there, by a write of that part. */
export const mayGrow = (resource: ResourceDefinition, part: string | undefined): boolean =>
  isSameResource(resource, pods)
    ? part === 'resize'
    : isSameResource(resource, services) || isSameResource(resource, persistentVolumeClaims);

/** How the objects of a kind are counted: every one of them, and what it uses. */
export function quotaCounting(resource: ResourceDefinition): Counting<ApiObject, Scoping> {
  const { uses, scoping, isSame } = useOf(resource);
  const count = countName(resource);
  return {
    claimOf(object): Claim<Scoping> {
      const traits = scoping(object);
      const amounts = new Map<string, number>([[count, 1], ...uses(object)]);
      return { namespace: metaOf(object).namespace ?? '', key: keyOf(traits), traits, amounts };
    },
    isSameClaim: isSame,
  };
}

/** The same for all objects that are in the same scopes with the same values. */
const keyOf = ({ inside }: Scoping): string => (inside.size === 0 ? '' : [...inside].flat().join('/'));
