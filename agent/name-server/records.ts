import { parseIpv4 } from '../../api/networking/ipv4.ts';
import type { NetworkService } from '../../proto/network.ts';
import { endpointLabel, type NameBook } from './name-book.ts';

/** One record of an answer; its name is what it is about. */
export type NameRecord = { readonly name: string } & (
  | { readonly type: 'A' | 'CNAME' | 'PTR' | 'TXT'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: { readonly target: string; readonly port: number } }
);

export type Found =
  /** No answers: the name is there, and has nothing of the kind asked for. `extra` saves the client a question. */
  | { readonly type: 'found'; readonly answers: readonly NameRecord[]; readonly extra?: readonly NameRecord[] }
  /** The name stands for another one. */
  | { readonly type: 'alias'; readonly target: string }
  /** The name would be ours, and there is none. */
  | { readonly type: 'absent' }
  /** Others may know. */
  | { readonly type: 'foreign' };

const ABSENT: Found = { type: 'absent' };
const EMPTY: Found = { type: 'found', answers: [] };
const SCHEMA_VERSION = '1.1.0';

/**
 * Answers from what this machine knows (Kubernetes DNS-Based Service Discovery, 1.1.0), and for Borg's names
 * `<index>.<job>.<namespace>.<cell>` (Borg paper, section 2.6). `name` is in lower case, without a dot at its end; `type` is that of the
 * question, `A`. Pure.
 */
export function lookUp(book: NameBook, name: string, type: string): Found {
  const { cluster, cell } = book.domains;
  const inCluster = labelsBefore(name, cluster);
  if (inCluster) return inCluster.length === 0 ? EMPTY : kubernetesName(book, name, inCluster, type);
  const inCell = labelsBefore(name, cell);
  if (inCell) return taskName(book, name, inCell, type);
  const reversed = labelsBefore(name, 'in-addr.arpa');
  return reversed?.length === 4 ? addressName(book, name, reversed.toReversed().join('.'), type) : { type: 'foreign' };
}

/** `a.b.cluster.local` before `cluster.local` is `a`, `b`. */
function labelsBefore(name: string, zone: string): string[] | undefined {
  if (name === zone) return [];
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1).split('.') : undefined;
}

function kubernetesName(book: NameBook, name: string, labels: readonly string[], type: string): Found {
  const [kind, namespace, ...before] = labels.toReversed();
  if (kind === 'dns-version' && namespace === undefined)
    return found(type, 'TXT', () => [{ name, type: 'TXT', data: SCHEMA_VERSION }]);
  if (kind !== 'svc' && kind !== 'pod') return ABSENT;
  if (namespace === undefined) return EMPTY;
  if (kind === 'pod') return podName(book, name, namespace, before, type);
  const [serviceName, ...rest] = before;
  if (serviceName === undefined) return book.hasNamespace(namespace) ? EMPTY : ABSENT;
  const service = book.service(namespace, serviceName);
  if (!service) return ABSENT;
  if (rest.length === 0) return serviceItself(book, name, service, type);
  const [last = '', first] = rest;
  if (last.startsWith('_')) return rest.length > 2 ? ABSENT : servicePort(book, name, service, last, first, type);
  return rest.length === 1 && !service.clusterIp ? endpointName(book, name, service, last, type) : ABSENT;
}

const addresses = (name: string, ips: readonly string[]): NameRecord[] =>
  [...new Set(ips)].map((data) => ({ name, type: 'A', data }));

const found = (type: string, wanted: string, answers: () => readonly NameRecord[]): Found =>
  type === wanted || type === 'ANY' ? { type: 'found', answers: answers() } : EMPTY;

/** `10-128-0-7.NAMESPACE.pod.DOMAIN`: said of every address, as Kubernetes' name servers do by default. */
function podName(book: NameBook, name: string, namespace: string, before: readonly string[], type: string): Found {
  const [label, ...more] = before;
  if (label === undefined) return book.hasNamespace(namespace) ? EMPTY : ABSENT;
  const ip = label.replaceAll('-', '.');
  if (more.length > 0 || parseIpv4(ip) === undefined) return ABSENT;
  return found(type, 'A', () => addresses(name, [ip]));
}

function serviceItself(book: NameBook, name: string, service: NetworkService, type: string): Found {
  const { clusterIp, externalName } = service;
  if (externalName) return { type: 'alias', target: externalName.toLowerCase().replace(/\.$/, '') };
  if (clusterIp) return found(type, 'A', () => addresses(name, [clusterIp]));
  const ends = book.endpoints(service);
  if (ends.length === 0) return ABSENT;
  return found(type, 'A', () =>
    addresses(
      name,
      ends.map(({ address }) => address),
    ),
  );
}

function endpointName(book: NameBook, name: string, service: NetworkService, label: string, type: string): Found {
  const ends = book.endpoints(service).filter((end) => endpointLabel(end) === label);
  if (ends.length === 0) return ABSENT;
  return found(type, 'A', () =>
    addresses(
      name,
      ends.map(({ address }) => address),
    ),
  );
}

/** `_PORT._PROTOCOL.SERVICE...`: where the named port is. Without the port, the name is there and has nothing. */
function servicePort(
  book: NameBook,
  name: string,
  service: NetworkService,
  protocolLabel: string,
  portLabel: string | undefined,
  type: string,
): Found {
  const isMeant = (port: { readonly name: string; readonly protocol: string }) =>
    port.name !== '' &&
    `_${port.protocol.toLowerCase()}` === protocolLabel &&
    (portLabel === undefined || `_${port.name}` === portLabel);
  const full = book.fullName(service);
  const { clusterIp } = service;
  const points = clusterIp
    ? service.ports.filter(isMeant).map(({ port }) => ({ target: full, port, address: clusterIp }))
    : book.endpoints(service).flatMap((end) => {
        const target = `${endpointLabel(end)}.${full}`;
        return end.ports.filter(isMeant).map(({ port }) => ({ target, port, address: end.address }));
      });
  if (points.length === 0) return ABSENT;
  if (portLabel === undefined || (type !== 'SRV' && type !== 'ANY')) return EMPTY;
  const targets = new Map(points.map(({ target, address }) => [`${target} ${address}`, { target, address }]));
  return {
    type: 'found',
    answers: points.map(({ target, port }) => ({ name, type: 'SRV', data: { target, port } })),
    extra: [...targets.values()].map(({ target, address }) => ({ name: target, type: 'A', data: address })),
  };
}

/** `<index>.<job>.<namespace>.<cell>`. */
function taskName(book: NameBook, name: string, labels: readonly string[], type: string): Found {
  const [index = '', job = '', namespace, ...more] = labels;
  if (labels.length === 0) return EMPTY;
  if (namespace === undefined || more.length > 0) return ABSENT;
  const ips = book.taskAddresses(index, job, namespace);
  return ips.length === 0 ? ABSENT : found(type, 'A', () => addresses(name, ips));
}

/** Names of addresses that services and their endpoints have. Of other addresses of the cell, nobody else knows. */
function addressName(book: NameBook, name: string, ip: string, type: string): Found {
  const targets = book.namesOf(ip);
  if (targets.length === 0) return book.isOurs(ip) ? ABSENT : { type: 'foreign' };
  return found(type, 'PTR', () => targets.map((data) => ({ name, type: 'PTR', data })));
}
