import { parse } from 'yaml';
import { decode } from '../../api/meta/decode.ts';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { Status } from '../../api/meta/errors.ts';
import { equalJson, isJsonObject } from '../../api/meta/json.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import type { Shell } from './fire.ts';
import type { Shot } from './shot.ts';

/** What is wrong with an answer, whatever was asked; undefined where nothing is. */
export function complaint(shot: Shot, shell: Shell): string | undefined {
  if (shell.code === -1) return undefined;
  if (shell.trouble) return shell.trouble;
  if (shell.code >= 400) return failureFault(shot, shell);
  if (shot.resource && isObjectAnswer(shot, shell)) return keptFault(shot.resource, shell);
  return undefined;
}

/** Texts that show a programmer's slip and no person's sentence. */
const SLIPS = /\[object |undefined|is not a function|Cannot read|Maximum call stack|RangeError|TypeError/;
/** Longer than any sentence, and any list of faults, needs to be. */
const MAX_ANSWER_BYTES = 256 * 1024;

function failureFault(shot: Shot, { code, headers, body }: Shell): string | undefined {
  if (shot.method === 'HEAD') return code === 500 ? 'code 500 to HEAD' : undefined;
  const text = body.toString('utf8');
  let status: Partial<Status>;
  try {
    status = asStatus(headers['content-type'] ?? '', body);
  } catch (error) {
    return `code ${code} with a body that cannot be read (${error instanceof Error ? error.message : error}): ${text.slice(0, 300)}`;
  }
  const { kind, apiVersion, message = '', reason = '' } = status;
  const said = `code ${code} ${reason}: ${message.slice(0, 400)}`;
  if (kind !== 'Status' || apiVersion !== 'v1' || status.status !== 'Failure')
    return `no Status: ${text.slice(0, 300)}`;
  if (status.code !== code) return `the Status says ${status.code}: ${said}`;
  if (code >= 500 && !isForeseen(status)) return said;
  if (message.trim() === '' || reason === '') return `nothing said: ${said}`;
  if (SLIPS.test(message)) return `a slip: ${said}`;
  if (body.length > MAX_ANSWER_BYTES) return `${body.length} bytes to say ${said}`;
  return undefined;
}

/** 503 and 504 say what is missing; a webhook that cannot be reached is a 500 in Kubernetes, too. */
const isForeseen = ({ code, message = '' }: Partial<Status>): boolean =>
  code === 503 || code === 504 || (code === 500 && /failed calling webhook/.test(message));

function asStatus(type: string, body: Buffer): Partial<Status> {
  const value: unknown = type.startsWith(PROTOBUF_TYPE)
    ? decodeProtobuf(body)
    : type.startsWith('application/yaml')
      ? parse(body.toString('utf8'))
      : JSON.parse(body.toString('utf8'));
  if (!isJsonObject(value)) throw new Error('no object');
  return value as Partial<Status>;
}

const isObjectAnswer = ({ path, method, headers }: Shot, shell: Shell): boolean =>
  ['GET', 'POST', 'PUT', 'PATCH'].includes(method) &&
  shell.code <= 201 &&
  !/\/watch\/|[?&]watch/.test(path) &&
  !headers.accept &&
  (shell.headers['content-type'] ?? '').startsWith('application/json');

/** The store keeps only what decodes, has its defaults and is valid. */
function keptFault(resource: ResourceDefinition, { body }: Shell): string | undefined {
  const value: unknown = JSON.parse(body.toString('utf8'));
  if (!isJsonObject(value) || value.kind !== resource.kind || value.apiVersion !== apiVersionOf(resource))
    return undefined;
  const { object, unknown, unsupported } = (resource.decode ?? ((given) => decode(resource, given)))(value);
  if (unknown.length + unsupported.length > 0)
    return `kept though no schema has it: ${[...unknown, ...unsupported.map(({ path }) => path)]}`;
  if (!equalJson(settled(object), settled(value)))
    return `kept, but read in another form: ${body.toString('utf8').slice(0, 600)}`;
  if (resource.stored === false) return undefined;
  const faults = resource.validate(object, object);
  if (faults.length > 0)
    return `kept though invalid: ${faults
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ')
      .slice(0, 600)}`;
  const before = structuredClone(object);
  resource.setDefaults(object);
  // A status is kept as it was reported.
  Object.assign(object, { status: (before as { status?: unknown }).status });
  return equalJson(settled(object), settled(before))
    ? undefined
    : `kept without its defaults: ${body.toString('utf8').slice(0, 600)}`;
}

/** Without empty maps and lists, which mean the same as none. */
const settled = (value: object): unknown =>
  JSON.parse(JSON.stringify(value), (_, item) =>
    typeof item === 'object' && item !== null && Object.keys(item).length === 0 ? undefined : item,
  ) ?? {};
