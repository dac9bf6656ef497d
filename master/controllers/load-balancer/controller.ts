import { type Service, services } from '../../../api/core/service.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { formatIpv4, type Ipv4Range, inRange, parseIpv4, sizeOfRange } from '../../../api/networking/ipv4.ts';
import type { NetworkSettings } from '../../network-settings.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { event, updateStatus } from '../kit/decision.ts';

/**
 * Gives services of type LoadBalancer an address of the cell's pool, at which every machine answers; what leads it to the machines is
 * other people's (Kubernetes docs, "Service", "Type LoadBalancer"). Those of a class of their own are left to whoever serves that class.
 */
export function loadBalancerController({ loadBalancerPool }: NetworkSettings): Controller {
  const holders = new Map<string, string>();
  const waiting = new Set<string>();
  const inPool = (ip: string | undefined): ip is string => {
    const address = ip === undefined ? undefined : parseIpv4(ip);
    return address !== undefined && loadBalancerPool.some((range) => inRange(range, address));
  };
  const addressesOf = (service: Service): string[] =>
    (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (inPool(ip) ? [ip] : []));
  return {
    name: 'load-balancer',
    watches: [
      watch(services, ({ type, object, previous }) => {
        const key = keyOf(object);
        const had = [...(previous ? addressesOf(previous) : []), ...(type === 'deleted' ? addressesOf(object) : [])];
        const freed = had.filter((ip) => holders.get(ip) === key && holders.delete(ip));
        if (type !== 'deleted') for (const ip of addressesOf(object)) holders.set(ip, key);
        const isFree = freed.some((ip) => !holders.has(ip));
        // An address that is free again is somebody else's who waits for one.
        return isFree ? [key, ...waiting] : [key];
      }),
    ],
    reconcile(view, key) {
      waiting.delete(key);
      const service = lookUp(view, services, key);
      if (!service || metaOf(service).deletionTimestamp) return [];
      const [has] = addressesOf(service);
      const wants = service.spec?.type === 'LoadBalancer' && !service.spec.loadBalancerClass;
      if (!wants) return has ? [updateStatus(services, service, (current) => setAddress(current, undefined))] : [];
      const wish = service.spec?.loadBalancerIP;
      if (has && (!inPool(wish) || wish === has)) return [];
      const given = has ?? assign(loadBalancerPool, holders, key, inPool(wish) ? wish : undefined);
      if (given === has) return [];
      if (given !== undefined) return [updateStatus(services, service, (current) => setAddress(current, given))];
      waiting.add(key);
      return loadBalancerPool.length > 0 ? [event(exhausted(service))] : [];
    },
  };
}

/** Promised from now on: the next who asks gets another. */
function assign(
  pool: readonly Ipv4Range[],
  holders: Map<string, string>,
  key: string,
  wish: string | undefined,
): string | undefined {
  const promised = [...holders].find(([, holder]) => holder === key)?.[0];
  if (promised) return promised;
  const free = wish === undefined ? firstFree(pool, holders) : holders.has(wish) ? undefined : wish;
  if (free !== undefined) holders.set(free, key);
  return free;
}

function firstFree(pool: readonly Ipv4Range[], holders: ReadonlyMap<string, string>): string | undefined {
  for (const range of pool) {
    for (let at = 0; at < sizeOfRange(range); at++) {
      const ip = formatIpv4(range.base + at);
      if (!holders.has(ip)) return ip;
    }
  }
  return undefined;
}

function setAddress(service: Service, ip: string | undefined): void {
  service.status = { ...service.status, loadBalancer: ip === undefined ? {} : { ingress: [{ ip, ipMode: 'VIP' }] } };
}

const exhausted = (service: Service) => ({
  about: service,
  type: 'Warning' as const,
  reason: 'AllocationFailed',
  message:
    'no address of --load-balancer-pool is free, or the one of spec.loadBalancerIP is not: widen the pool, or free one',
  component: 'load-balancer-controller',
});
