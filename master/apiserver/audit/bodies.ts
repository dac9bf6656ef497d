import { parse as parseYaml } from 'yaml';
import { parseBody } from '../body.ts';

export interface AuditBody {
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** The value in a body, in whatever encoding it is; undefined where it cannot be read. */
export function readBody({ contentType, body }: AuditBody): unknown {
  try {
    if (contentType.includes('protobuf')) return parseBody(contentType, Buffer.from(body));
    return contentType.includes('yaml') ? parseYaml(body.toString()) : JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
