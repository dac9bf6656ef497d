import { badRequest } from '../../api/meta/errors.ts';
import { ENROL_PATH } from '../../proto/enrolment.ts';
import { json } from '../apiserver/answer.ts';
import type { ExtraRoute } from '../apiserver/server.ts';
import { type EnrolOptions, enrol } from './enrolment.ts';

/** Enrolment as a route of the API server, outside Kubernetes' API: the join token is its authentication. */
export function enrolmentRoute(options: EnrolOptions): ExtraRoute {
  return {
    method: 'POST',
    path: ENROL_PATH,
    async handle({ headers, body }) {
      return json(200, await enrol(options, { authorization: headers.authorization, body: parsed(body) }));
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw badRequest('the body of an enrolment must be JSON', cause);
  }
}
