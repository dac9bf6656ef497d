import { type Pod, podKey, specOf } from '../pod-types.ts';
import type { NameOptions } from './name-options.ts';

/** What a resolv.conf says (resolv.conf(5)). */
export interface Resolver {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  /** `name` or `name:value`. */
  readonly options: readonly string[];
}

/** Kubernetes, "Pod's DNS Config" and "DNS search domain list limits". */
const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;
const MOST_SEARCH_CHARACTERS = 2048;
/** Of Kubernetes, for names within a cell. */
const CLUSTER_OPTIONS = ['ndots:5'];
/** The engine's own resolver, which every pod on the cell's network has, and which asks the machine's servers. */
const ENGINE = '127.0.0.11';

type Base = 'machine' | 'cluster' | 'nothing';

/** On which settings the pod's own are put (Kubernetes, "Pod's DNS Policy"); a cell without name servers falls back to the machine's. */
function baseOf(pod: Pod, { clusterDns }: NameOptions): Base {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = specOf(pod);
  if (dnsPolicy === 'None') return 'nothing';
  const wantsCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  return wantsCluster && clusterDns.length > 0 ? 'cluster' : 'machine';
}

/** What the engine sets up by itself is right for a pod that uses the machine's settings as they are. */
export const hasOwnResolver = (pod: Pod, options: NameOptions): boolean =>
  baseOf(pod, options) !== 'machine' || specOf(pod).dnsConfig !== undefined;

/** The settings of a pod, as far as resolvers read them. `machine`: those of its machine. */
export const resolverOf = (pod: Pod, options: NameOptions, machine: Resolver): Resolver =>
  bounded(askedOf(pod, options, machine));

/** What of the pod's settings is left out, for people; the words are Kubernetes'. */
export function omissions(pod: Pod, options: NameOptions, machine: Resolver): string[] {
  const asked = askedOf(pod, options, machine);
  const { servers, searches } = bounded(asked);
  const told = (what: string, omitted: string, line: string, applied: readonly string[]) =>
    `${what} limits were exceeded, some ${omitted} have been omitted, the applied ${line} line is: ${applied.join(' ')}`;
  return [
    ...(servers.length < asked.servers.length ? [told('Nameserver', 'nameservers', 'nameserver', servers)] : []),
    ...(searches.length < asked.searches.length ? [told('Search Line', 'search paths', 'search', searches)] : []),
  ];
}

function askedOf(pod: Pod, options: NameOptions, machine: Resolver): Resolver {
  const { nameservers = [], searches = [], options: more = [] } = specOf(pod).dnsConfig ?? {};
  const base = settingsOf(baseOf(pod, options), pod, options, machine);
  const own = more.flatMap(({ name, value }) => (name ? [value === undefined ? name : `${name}:${value}`] : []));
  const named = new Map([...base.options, ...own].map((option) => [option.split(':')[0], option]));
  return {
    servers: [...new Set([...base.servers, ...nameservers])],
    searches: [...new Set([...base.searches, ...searches])],
    options: [...named.values()],
  };
}

function settingsOf(base: Base, pod: Pod, { clusterDns, clusterDomain }: NameOptions, machine: Resolver): Resolver {
  if (base === 'nothing') return { servers: [], searches: [], options: [] };
  if (base === 'machine') return specOf(pod).hostNetwork ? machine : { ...machine, servers: [ENGINE] };
  const { namespace } = podKey(pod);
  const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers: clusterDns, searches: [...own, ...machine.searches], options: CLUSTER_OPTIONS };
}

/** As much as resolvers read. */
function bounded({ servers, searches, options }: Resolver): Resolver {
  const kept = searches.slice(0, MOST_SEARCHES);
  while (kept.join(' ').length > MOST_SEARCH_CHARACTERS) kept.pop();
  return { servers: servers.slice(0, MOST_SERVERS), searches: kept, options };
}

export function parseResolver(text: string): Resolver {
  const [servers, options]: string[][] = [[], []];
  let searches: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver') servers?.push(...values.slice(0, 1));
    // The last one counts.
    if (keyword === 'search' || keyword === 'domain') searches = values.filter((value) => value !== '.');
    if (keyword === 'options') options?.push(...values);
  }
  return { servers: servers ?? [], searches, options: options ?? [] };
}

export function resolverText({ servers, searches, options }: Resolver): string {
  const lines = [
    ...servers.map((server) => `nameserver ${server}`),
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
