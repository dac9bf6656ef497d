import type { CertificateSigningRequest } from '../../../api/certificates/certificate-signing-request.ts';
import { forbidden } from '../../../api/meta/errors.ts';
import { type ApiContext, nameIn, type ResourceCall, type ResourceHandler } from '../context.ts';
import { patch } from '../verbs/patch.ts';
import { update } from '../verbs/update.ts';

/**
 * `approval` decides about a request for a certificate. Besides the right to write it, it takes the verb `approve` on the signer
 * (Kubernetes docs, "Certificate Signing Requests", approval).
 */
const onlyForApprovers =
  (handler: ResourceHandler): ResourceHandler =>
  (context, call) => {
    requireApprover(context, call);
    return handler(context, call);
  };

export const putApproval = onlyForApprovers((context, call) => update(context, call, 'approval'));
export const patchApproval = onlyForApprovers((context, call) => patch(context, call, 'approval'));

function requireApprover(context: ApiContext, call: ResourceCall): void {
  const { resource, user } = call;
  const request = context.cache.get(resource, undefined, nameIn(call)) as CertificateSigningRequest | undefined;
  const signer = request?.spec?.signerName;
  // What does not exist is told so by whoever looks for it.
  if (signer === undefined) return;
  const mayApprove = [signer, `${signer.split('/')[0]}/*`].some(
    (name) =>
      context.auth.authorizer.authorize(user, {
        type: 'resource',
        verb: 'approve',
        group: resource.group,
        resource: 'signers',
        name,
      }).allowed,
  );
  if (mayApprove) return;
  throw forbidden(resource, nameIn(call), `user not permitted to approve requests with signerName "${signer}"`);
}
