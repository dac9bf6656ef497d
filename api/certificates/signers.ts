import type { RequestedNames } from './pkcs10.ts';

/** Who signs which requests, and what they may ask for (Kubernetes docs, "Certificate Signing Requests", Kubernetes signers). */

export interface Signer {
  readonly name: string;
  /** Extended usage of the certificates. */
  readonly purpose: 'client' | 'server';
  /** Why a request is not for this signer, or nothing. */
  refuse(names: RequestedNames, usages: readonly string[]): string | undefined;
}

const NODE_GROUP = 'system:nodes';
const NODE_USER = 'system:node:';
const ADMIN_GROUP = 'system:masters';
/** Usages that a signature or an RSA handshake needs, and nobody can do harm with. */
const HANDSHAKE = ['digital signature', 'key encipherment'];

/** The usages must include the purpose, and nothing that is not needed for it. */
function usageFault(usages: readonly string[], purpose: 'client auth' | 'server auth'): string | undefined {
  const allowed = [...HANDSHAKE, purpose];
  const odd = usages.find((usage) => !allowed.includes(usage));
  if (odd !== undefined) return `usage "${odd}" is not allowed; allowed are ${allowed.join(', ')}`;
  return usages.includes(purpose) ? undefined : `usages must include "${purpose}"`;
}

/** Subject of a node: the one group of nodes, and the name of a node as its user. */
function nodeFault({ organizations, commonName }: RequestedNames): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODE_GROUP)
    return `the organization of the subject must be ["${NODE_GROUP}"]`;
  return commonName.startsWith(NODE_USER) && commonName.length > NODE_USER.length
    ? undefined
    : `the common name of the subject must begin with ${NODE_USER}`;
}

const hasOther = ({ emailAddresses, uris }: RequestedNames): boolean => emailAddresses.length + uris.length > 0;

const clientSigner: Signer = {
  name: 'kubernetes.io/kube-apiserver-client',
  purpose: 'client',
  refuse(names, usages) {
    if (names.organizations.includes(ADMIN_GROUP)) return `certificates for the group ${ADMIN_GROUP} are not signed`;
    if (!names.commonName) return 'the subject must have a common name: it becomes the name of the user';
    return usageFault(usages, 'client auth');
  },
};

const nodeClientSigner: Signer = {
  name: 'kubernetes.io/kube-apiserver-client-kubelet',
  purpose: 'client',
  refuse(names, usages) {
    if (hasOther(names) || names.dnsNames.length + names.ipAddresses.length > 0)
      return 'subject alternative names are not allowed';
    return nodeFault(names) ?? usageFault(usages, 'client auth');
  },
};

const nodeServingSigner: Signer = {
  name: 'kubernetes.io/kubelet-serving',
  purpose: 'server',
  refuse(names, usages) {
    if (hasOther(names)) return 'email and URI subject alternative names are not allowed';
    if (names.dnsNames.length + names.ipAddresses.length === 0)
      return 'at least one DNS or IP subject alternative name is required';
    return nodeFault(names) ?? usageFault(usages, 'server auth');
  },
};

/** The signers of the cell by name. Requests of others are kept for whoever serves them. */
export const signers: ReadonlyMap<string, Signer> = new Map(
  [clientSigner, nodeClientSigner, nodeServingSigner].map((signer) => [signer.name, signer]),
);
