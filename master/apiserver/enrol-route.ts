import { ENROL_PATH } from '../../proto/enrolment.ts';
import { type EnrolOptions, enrol } from '../agents/enrolment.ts';
import { json } from './answer.ts';
import { parseJson } from './body.ts';
import type { ExtraRoute } from './server.ts';

/** Where a machine with the join token gets its certificate; it has none yet, so the token is all it shows. */
export function enrolRoute(options: EnrolOptions): ExtraRoute {
  return {
    method: 'POST',
    path: ENROL_PATH,
    async handle({ headers, body }) {
      return json(200, await enrol(options, { authorization: headers.authorization, body: parseJson(body) }));
    },
  };
}
