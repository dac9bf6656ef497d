import { badRequest } from '../../../api/meta/errors.ts';
import { parseBody } from '../body.ts';
import { readYaml } from '../yaml-body.ts';

export interface AuditBody {
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** The value in a body, in whatever encoding it is; undefined where it cannot be read. */
export function readBody({ contentType, body }: AuditBody): unknown {
  try {
    if (contentType.includes('protobuf')) return parseBody(contentType, Buffer.from(body));
    if (!contentType.includes('yaml')) return JSON.parse(body.toString());
    return readYaml(Buffer.from(body), badRequest).value;
  } catch {
    return undefined;
  }
}
