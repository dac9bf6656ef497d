import type { RequestedNames } from './pkcs10.ts';

/** Who signs which requests, and what they may ask for (Kubernetes docs, "Certificate Signing Requests", Kubernetes signers). */

export interface Signer {
  readonly name: string;
  /** Extended usages of the certificates. */
  readonly purposes: readonly ('client' | 'server')[];
  /** Why a request is not for this signer, or nothing. */
  refuse(names: RequestedNames, usages: readonly string[]): string | undefined;
}

/** Signs for Stowage's own agents. */
export const AGENT_SIGNER = 'stowage.dev/agent';
const AGENT_PURPOSES = ['client auth', 'server auth'] as const;
/** All that a certificate of an agent is for. */
export const AGENT_USAGES = ['digital signature', ...AGENT_PURPOSES] as const;
const NODE_GROUP = 'system:nodes';
const NODE_USER = 'system:node:';
const ADMIN_GROUP = 'system:masters';
/** Usages that a signature or an RSA handshake needs, and nobody can do harm with. */
const HANDSHAKE = ['digital signature', 'key encipherment'];

/** The usages must include the purposes, and nothing that is not needed for them. */
function usageFault(usages: readonly string[], ...purposes: ('client auth' | 'server auth')[]): string | undefined {
  const allowed = [...HANDSHAKE, ...purposes];
  const odd = usages.find((usage) => !allowed.includes(usage));
  if (odd !== undefined) return `usage "${odd}" is not allowed; allowed are ${allowed.join(', ')}`;
  const absent = purposes.find((purpose) => !usages.includes(purpose));
  return absent && `usages must include "${absent}"`;
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
  purposes: ['client'],
  refuse(names, usages) {
    if (names.organizations.includes(ADMIN_GROUP)) return `certificates for the group ${ADMIN_GROUP} are not signed`;
    if (!names.commonName) return 'the subject must have a common name: it becomes the name of the user';
    return usageFault(usages, 'client auth');
  },
};

const nodeClientSigner: Signer = {
  name: 'kubernetes.io/kube-apiserver-client-kubelet',
  purposes: ['client'],
  refuse(names, usages) {
    if (hasOther(names) || names.dnsNames.length + names.ipAddresses.length > 0)
      return 'subject alternative names are not allowed';
    return nodeFault(names) ?? usageFault(usages, 'client auth');
  },
};

const nodeServingSigner: Signer = {
  name: 'kubernetes.io/kubelet-serving',
  purposes: ['server'],
  refuse(names, usages) {
    if (hasOther(names)) return 'email and URI subject alternative names are not allowed';
    if (names.dnsNames.length + names.ipAddresses.length === 0)
      return 'at least one DNS or IP subject alternative name is required';
    return nodeFault(names) ?? usageFault(usages, 'server auth');
  },
};

/** An agent is a client of the master and serves its own metrics: one certificate is for both. It has its node's name and no other. */
const agentSigner: Signer = {
  name: AGENT_SIGNER,
  purposes: ['client', 'server'],
  refuse(names, usages) {
    if (hasOther(names)) return 'email and URI subject alternative names are not allowed';
    const fault = nodeFault(names) ?? usageFault(usages, ...AGENT_PURPOSES);
    if (fault) return fault;
    const name = names.commonName.slice(NODE_USER.length);
    const odd = names.dnsNames.find((each) => each !== name);
    return odd && `the DNS name "${odd}" is not the name of the node, ${name}`;
  },
};

/** The signers of the cell by name. Requests of others are kept for whoever serves them. */
export const signers: ReadonlyMap<string, Signer> = new Map(
  [clientSigner, nodeClientSigner, nodeServingSigner, agentSigner].map((signer) => [signer.name, signer]),
);
