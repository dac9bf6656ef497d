import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../api/certificates/certificate-signing-request.ts';
import { readRequest, requestPem } from '../../../api/certificates/pkcs10.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { MASTER_GROUP } from '../../../proto/enrolment.ts';
import type { WriteContext } from '../objects.ts';
import type { AdmissionRule } from './admission.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
/** Who has a certificate of theirs may do everything, or passes for a master of the cell. */
const RESERVED_GROUPS = ['system:masters', MASTER_GROUP];

/**
 * A request for a certificate says who makes it, whatever its maker says; and none is for the group that may do everything
 * (Kubernetes docs, "Certificate Signing Requests" and "Admission Controllers", CertificateSubjectRestriction).
 */
export const certificateRequests: AdmissionRule = {
  name: 'CertificateSubjectRestriction',
  admit({ operation, resource, object, context }) {
    if (operation !== 'create' || !isSameResource(resource, certificateSigningRequests)) return undefined;
    const request = object as CertificateSigningRequest;
    stampRequester(request, context);
    return subjectFault(request);
  },
};

function stampRequester({ spec }: CertificateSigningRequest, { user, requester }: WriteContext): void {
  if (!spec) return;
  spec.username = requester?.name ?? user;
  spec.uid = requester?.uid;
  spec.groups = requester ? [...requester.groups] : undefined;
  spec.extra = requester?.extra as typeof spec.extra;
}

function subjectFault({ metadata, spec }: CertificateSigningRequest): ApiError | undefined {
  if (spec?.signerName !== CLIENT_SIGNER) return undefined;
  const read = readRequest(requestPem(spec.request));
  const group = 'fault' in read ? undefined : RESERVED_GROUPS.find((each) => read.organizations.includes(each));
  if (group === undefined) return undefined;
  const why = `use of ${CLIENT_SIGNER} signer with ${group} group is not allowed`;
  const { name, generateName = '' } = metaOf({ metadata });
  return forbidden(certificateSigningRequests, name ?? generateName, why);
}
