/** What an agent and a master say to each other before the agent has a certificate, and the names both must know. */

/** TLS server name under which the master's port speaks gRPC with agents. Only the master's certificate may carry it. */
export const AGENTS_SERVER_NAME = 'agents.stowage';

/** Where an agent asks for its certificate, with `Authorization: Bearer <join token>` or with the certificate that it has. */
export const ENROL_PATH = '/stowage/v1/enrol';

/** One message may hold the assignments of a full machine with its ConfigMaps and Secrets (1 MiB each at most). */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface EnrolRequest {
  /** Name of the Node: a DNS-1123 subdomain. */
  nodeName: string;
  /** PKCS#10 in PEM: the subject of the node, and its name and addresses as other names. */
  csrPem: string;
  /** IP addresses to certify beside 127.0.0.1, where the master's own join token is shown; at most 16. */
  addresses?: string[];
}

export interface EnrolResponse {
  /** The certificate, then the authority. */
  certPem: string;
  caPem: string;
}

/** The certificate's common name for a node, as Kubernetes' node authorisation has it. */
export const NODE_USER_PREFIX = 'system:node:';
export const NODE_GROUP = 'system:nodes';
/** The certificate's organization by which masters of a cell know one another. */
export const MASTER_GROUP = 'system:stowage:masters';
/** Who holds a bootstrap token with which machines may join. */
export const AGENT_BOOTSTRAPPERS = 'system:bootstrappers:stowage:agents';
