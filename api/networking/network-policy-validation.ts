import { between, each, portReference } from '../core/checks.ts';
import { rangeFaults } from '../core/service-address-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { forbiddenField, invalidValue, required, validateLabelSelector } from '../meta/validation.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './network-policy.ts';

/** Faults of network policies ("Network Policies"), in Kubernetes' words. */

const MAX_PORT = 65_535;

function portFaults({ port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const errors = port === undefined ? [] : portReference(`${path}.port`, port);
  if (endPort === undefined) return errors;
  const at = `${path}.endPort`;
  if (port === undefined) return [...errors, required(at, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string') return [...errors, required(at, 'may not be specified when `port` is non-numeric')];
  if (endPort < port) return [...errors, invalidValue(at, endPort, 'must be greater than or equal to `port`')];
  return [...errors, ...between(at, endPort, 1, MAX_PORT)];
}

/** The bits of a range, as a number and how many of them count. Expects a range without faults. */
function bitsOf(range: string): { bits: bigint; length: number; width: number } {
  const [ip = '', length = '0'] = range.split('/');
  const width = ip.includes(':') ? 128 : 32;
  const words = width === 32 ? ip.split('.').map(Number) : hextets(ip);
  const step = width === 32 ? 8n : 16n;
  return { bits: words.reduce((sum, word) => (sum << step) | BigInt(word), 0n), length: Number(length), width };
}

function hextets(ip: string): number[] {
  const [head = '', tail] = ip.split('::').map((half) => half.split(':').filter(Boolean).flatMap(hextet));
  if (!Array.isArray(head)) return [];
  if (!tail) return head;
  return [...head, ...new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
}

/** An address of version 4 may stand at the end. */
function hextet(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** Whether `inner` is a smaller range within `outer`. */
function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [bitsOf(inner), bitsOf(outer)];
  if (small.width !== large.width || small.length <= large.length) return false;
  const rest = BigInt(large.width - large.length);
  return small.bits >> rest === large.bits >> rest;
}

function blockFaults({ cidr, except }: NonNullable<NetworkPolicyPeer['ipBlock']>, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const errors = rangeFaults(`${path}.cidr`, cidr);
  if (errors.length > 0) return errors;
  return each(except, `${path}.except`, (range, at) => {
    const faults = rangeFaults(at, range);
    if (faults.length > 0) return faults;
    return isWithin(range, cidr) ? [] : [invalidValue(at, range, 'must be a strict subset of `cidr`')];
  });
}

function peerFaults({ ipBlock, podSelector, namespaceSelector }: NetworkPolicyPeer, path: string): FieldError[] {
  const kinds = [ipBlock, podSelector, namespaceSelector].filter((kind) => kind !== undefined).length;
  if (kinds === 0) return [required(path, 'must specify a peer')];
  if (ipBlock && kinds > 1) return [forbiddenField(path, 'may not specify both ipBlock and another peer')];
  return [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? blockFaults(ipBlock, `${path}.ipBlock`) : []),
  ];
}

export function validateNetworkPolicy({ spec = {} }: NetworkPolicy): FieldError[] {
  const { ingress, egress, policyTypes = [] } = spec;
  return [
    ...validateLabelSelector(spec.podSelector, 'spec.podSelector'),
    ...each(ingress, 'spec.ingress', ({ ports, from }, at) => [
      ...each(ports, `${at}.ports`, portFaults),
      ...each(from, `${at}.from`, peerFaults),
    ]),
    ...each(egress, 'spec.egress', ({ ports, to }, at) => [
      ...each(ports, `${at}.ports`, portFaults),
      ...each(to, `${at}.to`, peerFaults),
    ]),
    ...(policyTypes.length > 2
      ? [invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')]
      : []),
  ];
}
