import { certificateSigningRequests } from '../../api/certificates/certificate-signing-request.ts';
import { badRequest, unauthorized } from '../../api/meta/errors.ts';
import { ENROL_PATH } from '../../proto/enrolment.ts';
import { json } from '../apiserver/answer.ts';
import type { ExtraRoute } from '../apiserver/server.ts';
import type { Auth } from '../auth/auth.ts';
import { type EnrolOptions, enrol } from './enrolment.ts';

const { group, plural } = certificateSigningRequests;
const ASKING = { type: 'resource', verb: 'create', group, resource: plural } as const;

/** Enrolment as a route of the API server, outside Kubernetes' API: who has a token for joining may use it, and a node for itself. */
export function enrolmentRoute(options: Omit<EnrolOptions, 'identify'> & { readonly auth: Auth }): ExtraRoute {
  const identify = identifyWith(options.auth);
  return {
    method: 'POST',
    path: ENROL_PATH,
    async handle({ headers, body, credential, signal }) {
      const call = { authorization: headers.authorization, credential, signal, body: parsed(body) };
      return json(200, await enrol({ ...options, identify }, call));
    },
  };
}

/** Whoever may file a request for a certificate, by a token or by the certificate of the connection. */
const identifyWith =
  (auth: Auth): EnrolOptions['identify'] =>
  async ({ credential }, bearer) => {
    if (bearer === undefined && credential.type === 'none') throw unauthorized();
    const user = await (bearer === undefined
      ? auth.authenticator.identify(credential, {})
      : auth.authenticator.identify({ type: 'none' }, { authorization: `Bearer ${bearer}` }));
    auth.require(user, ASKING);
    return user;
  };

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw badRequest('the body of an enrolment must be JSON', cause);
  }
}
