import type { CertificateSigningRequest } from '../../../api/certificates/certificate-signing-request.ts';
import { readRequest, requestPem } from '../../../api/certificates/pkcs10.ts';
import { AGENT_SIGNER, signers } from '../../../api/certificates/signers.ts';
import { hasCondition } from '../../../api/core/conditions.ts';
import type { Node } from '../../../api/core/node.ts';
import { AGENT_BOOTSTRAPPERS, NODE_USER_PREFIX } from '../../../proto/enrolment.ts';

/** What is said to a request: nothing (a person decides, or it has been decided), yes, or no, and why. */
export type Approval =
  | { readonly type: 'none' }
  | { readonly type: 'Approved' | 'Denied'; readonly reason: string; readonly message: string };

const NONE: Approval = { type: 'none' };

const denied = (reason: string, message: string): Approval => ({ type: 'Denied', reason, message });
const approved = (reason: string, message: string): Approval => ({ type: 'Approved', reason, message });

/**
 * Decides on a request for an agent's certificate. A node may have its own again; whoever holds a token for joining may have that of a
 * node which nobody is at the moment, so that a token that got about cannot be used to pass for a machine at work.
 */
export function approvalOf(
  { spec, status }: CertificateSigningRequest,
  nodeNamed: (name: string) => Node | undefined,
): Approval {
  const decided = ['Approved', 'Denied', 'Failed'].some((type) => hasCondition(status?.conditions, type));
  if (decided || spec?.signerName !== AGENT_SIGNER) return NONE;
  const names = readRequest(requestPem(spec.request));
  if ('fault' in names) return denied('Unreadable', names.fault);
  const refusal = signers.get(AGENT_SIGNER)?.refuse(names, spec.usages ?? []);
  if (refusal) return denied('NotForAnAgent', refusal);
  if (spec.username === names.commonName) return approved('OwnName', 'The node has its own certificate renewed.');
  if (!spec.groups?.includes(AGENT_BOOTSTRAPPERS)) return NONE;
  const name = names.commonName.slice(NODE_USER_PREFIX.length);
  if (hasCondition(nodeNamed(name)?.status?.conditions, 'Ready')) return denied('NameInUse', inUse(name));
  return approved('Joining', `A machine joins as ${name}.`);
}

const inUse = (name: string): string =>
  `node ${name} is at work already: give this machine another name with --node-name, or wait until ${name} counts as lost`;
