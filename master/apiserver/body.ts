import { badRequest, unsupportedMediaType } from '../../api/meta/errors.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { parseMediaType } from './negotiation.ts';
import { readYaml } from './yaml-body.ts';

export const BODY_TYPES = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/**
 * The value in a request's body. Without a Content-Type it is taken as JSON, as Kubernetes does. Throws 400 when it cannot be
 * read and 415 for other types.
 */
export function parseBody(contentType: string | undefined, bytes: Buffer): unknown {
  const { type } = parseMediaType(contentType ?? '');
  switch (type) {
    case '':
    case 'application/json':
      return parseJson(bytes);
    case 'application/yaml':
    case 'application/x-yaml':
    case 'text/yaml':
      return parseYamlBody(bytes);
    case PROTOBUF_TYPE:
      return decodeProtobuf(bytes);
    default:
      throw unsupportedMediaType(contentType ?? '', BODY_TYPES);
  }
}

/** Whether a body with this Content-Type is read as JSON. */
export function isJson(contentType: string | undefined): boolean {
  const { type } = parseMediaType(contentType ?? '');
  return type === '' || type === 'application/json';
}

export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw badRequest('the body of the request is empty; an object is needed');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw badRequest(`the body of the request is not JSON: ${(cause as Error).message}`, cause);
  }
}

function parseYamlBody(bytes: Buffer): unknown {
  const fault = (why: string) => badRequest(`the body of the request is not YAML: ${why}`);
  const { value, duplicate } = readYaml(bytes, fault);
  if (duplicate) throw fault(duplicate);
  return value;
}
