import { apiVersionOf, type ResourceName } from '../../api/meta/definition.ts';
import { badRequest } from '../../api/meta/errors.ts';
import { copyJson, excerpt, isJsonObject, type JsonObject } from '../../api/meta/json.ts';
import { configurationFaults } from '../../api/meta/managed-fields/configuration.ts';
import type { TSchema } from '../../api/meta/schema.ts';
import { nameIn, type ResourceCall } from './context.ts';
import { parseMediaType } from './negotiation.ts';
import type { FieldValidation } from './query-options.ts';
import { readYaml, type YamlBody } from './yaml-body.ts';

/** The body of a server-side apply: part of an object, as YAML or JSON. */
export const APPLY_PATCH = 'application/apply-patch+yaml';

export const isApplyPatch = (call: ResourceCall): boolean =>
  parseMediaType(call.headers['content-type'] ?? '').type === APPLY_PATCH;

/** What the body must be: a part of an object of this kind. */
export interface Subject extends ResourceName {
  readonly schema: TSchema;
}

/**
 * Reads and checks a configuration: it names its version and kind, and what else it names of the path is the same there; what it
 * holds is in the schema. Throws 400.
 */
export function readConfiguration(call: ResourceCall, subject: Subject, fieldValidation: FieldValidation): JsonObject {
  const { value: parsed, duplicate } = parse(call.body);
  // A copy has a bounded depth, and no part of it holds itself, as parts of YAML may.
  const value = copyJson(parsed, 'the configuration to apply');
  if (duplicate && fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${duplicate}`);
  if (duplicate && fieldValidation === 'Warn') call.warnings.push(duplicate);
  if (!isJsonObject(value)) throw badRequest('the configuration to apply must be an object, with apiVersion and kind');
  checkType(subject, value);
  const metadata = value.metadata ?? {};
  if (isJsonObject(metadata)) checkMetadata(call, metadata);
  const faults = configurationFaults(subject.schema, value);
  if (faults.length > 0) throw untypable(call, subject, faults);
  return value;
}

/** A key that stands twice is a fault only where the client wants it to be; the last one counts. */
function parse(bytes: Buffer): YamlBody {
  // A brace at the start, as programs send it.
  if (bytes[0] === 0x7b) {
    try {
      return { value: JSON.parse(bytes.toString('utf8')) };
    } catch {
      // What is no JSON may be YAML all the same.
    }
  }
  return readYaml(bytes, (why) => badRequest(`error decoding YAML: ${why}`));
}

/** As Kubernetes has it in these sentences: a text without quotes, and nothing where there is none. */
const plain = (value: unknown): string => (typeof value === 'string' ? value : value == null ? '' : excerpt(value));

function checkType(subject: Subject, { apiVersion, kind }: JsonObject): void {
  const expected = apiVersionOf(subject);
  if (apiVersion !== expected) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${plain(apiVersion)}, expected: ${expected}`,
    );
  }
  if (kind !== subject.kind) {
    throw badRequest(`Incorrect kind specified in apply patch: "${plain(kind)}", expected: ${subject.kind}`);
  }
}

function checkMetadata(call: ResourceCall, { name, namespace, managedFields }: JsonObject): void {
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  if (name && name !== nameIn(call)) {
    throw badRequest(`the name of the object (${plain(name)}) does not match the name on the URL (${nameIn(call)})`);
  }
  if (namespace && namespace !== call.target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function untypable(call: ResourceCall, subject: Subject, faults: readonly string[]) {
  const { group, version, kind } = subject;
  const object = `${call.target.namespace ?? ''}/${nameIn(call)}; ${group}/${version}, Kind=${kind}`;
  const what = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  return badRequest(`failed to create typed patch object (${object}): ${what}`);
}
