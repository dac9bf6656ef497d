import { metaOf } from '../meta/object.ts';
import type { Lease } from './lease.ts';

/**
 * Each master of a cell says that it is there by a Lease in kube-system (Kubernetes docs, "Leases", "API server identity"); by an
 * annotation of ours it says where.
 */
export const MASTER_LEASE_NAMESPACE = 'kube-system';
export const MASTER_LEASE_LABEL = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' } as const;
export const MASTER_URL = 'stowage.dev/master-url';
const PREFIX = 'apiserver-';

export const masterLeaseName = (masterId: string): string => `${PREFIX}${masterId}`;

export interface MasterPlace {
  readonly id: string;
  /** `https://HOST:PORT`. */
  readonly url: string;
  /** When it last said so, in milliseconds of its own clock. */
  readonly seenMs: number;
}

/** The master that a Lease speaks of, if it speaks of one. */
export function masterIn(lease: Lease): MasterPlace | undefined {
  const { name = '', labels, annotations } = metaOf(lease);
  const url = annotations?.[MASTER_URL];
  const [[label, value] = ['', '']] = Object.entries(MASTER_LEASE_LABEL);
  if (!url || !name.startsWith(PREFIX) || labels?.[label] !== value) return undefined;
  return { id: name.slice(PREFIX.length), url, seenMs: Date.parse(lease.spec?.renewTime ?? '') || 0 };
}
