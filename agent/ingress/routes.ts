import type { NetworkBackend, NetworkIngress, NetworkService, NetworkSlice } from '../../proto/network.ts';
import { isHost } from './certificates.ts';

/** Where requests go (Kubernetes docs, "Ingress", "Path types" and "Hostname wildcards"). Pure. */
export interface Routes {
  /** Hosts that have rules of their own: `shop.example`, `*.shop.example`; `*` is every other. */
  readonly hosts: ReadonlySet<string>;
  /** Backends by `HOST/PATH`. */
  readonly exact: ReadonlyMap<string, string>;
  /** By `HOST/PATH/`: a request belongs to the longest that its own path with a `/` begins with. */
  readonly prefix: ReadonlyMap<string, string>;
  readonly fallback: string | undefined;
  readonly backends: ReadonlyMap<string, BackendPlace>;
}

export interface BackendPlace extends NetworkBackend {
  readonly namespace: string;
}

const EVERY_HOST = '*';

/** Of two ingresses that speak of the same, the older one counts. */
export function routesOf(ingresses: readonly NetworkIngress[]): Routes {
  const hosts = new Set<string>();
  const [exact, prefix] = [new Map<string, string>(), new Map<string, string>()];
  const backends = new Map<string, BackendPlace>();
  let fallback: string | undefined;
  const use = (namespace: string, backend: NetworkBackend): string => {
    const name = `${namespace}_${backend.service}_${backend.port}`;
    backends.set(name, { namespace, ...backend });
    return name;
  };
  const put = (map: Map<string, string>, key: string, place: () => string) => {
    if (!map.has(key)) map.set(key, place());
  };
  const ordered = [...ingresses].sort((a, b) => a.madeMs - b.madeMs || compare(a, b));
  for (const { namespace, rules } of ordered) {
    for (const { host = EVERY_HOST, paths } of rules.filter(isNameable)) {
      hosts.add(host);
      for (const { exact: isExact, path, backend } of paths.filter(isWritable)) {
        if (isExact) put(exact, `${host}${path}`, () => use(namespace, backend));
        else put(prefix, `${host}${path.replace(/\/*$/, '')}/`, () => use(namespace, backend));
      }
    }
  }
  // What the rules of a host leave over.
  for (const { namespace, rules, fallback: own } of ordered) {
    if (!own) continue;
    const name = use(namespace, own);
    for (const { host = EVERY_HOST } of rules.filter(isNameable)) put(prefix, `${host}/`, () => name);
    fallback ??= name;
  }
  return { hosts, exact, prefix, fallback, backends };
}

const compare = (a: NetworkIngress, b: NetworkIngress): number =>
  `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;

const isNameable = ({ host }: { readonly host?: string }): boolean => host === undefined || isHost(host);
/** Others cannot be in a request, and would be something else in a file. */
const isWritable = ({ path }: { readonly path: string }): boolean => /^\/[\x21-\x7e]*$/.test(path);

/** Addresses and ports of a backend's endpoints; those that are ending, where there are no others. */
export function endpointsOf(
  { port }: NetworkBackend,
  service: NetworkService | undefined,
  slices: readonly NetworkSlice[],
): string[] {
  const meant = service?.ports.find((each) => (typeof port === 'number' ? each.port === port : each.name === port));
  if (!meant) return [];
  const ends = slices.flatMap(({ ports, endpoints }) =>
    ports
      .filter((each) => each.name === meant.name && each.protocol === meant.protocol)
      .flatMap(({ port: number }) => endpoints.map(({ address, state }) => ({ end: `${address}:${number}`, state }))),
  );
  const ready = ends.filter(({ state }) => state === undefined);
  const used = ready.length > 0 ? ready : ends.filter(({ state }) => state === 'ending');
  return [...new Set(used.map(({ end }) => end))].sort();
}
