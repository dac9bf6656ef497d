import type { FieldError } from '../meta/errors.ts';
import { ownOf } from '../meta/json.ts';
import { invalidValue, required } from '../meta/validation.ts';
import { isPlainPath, parseJsonPath } from './json-path.ts';
import type { JsonSchema } from './json-schema.ts';

/** Faults of the paths by which definitions of custom resources name fields, in the words of Kubernetes' API server. */

/** `roots`: the fields below which the path must lead; none: any. */
export function plainPathFaults(text: string, roots: readonly string[], path: string): FieldError[] {
  if (!text) return [required(path)];
  const steps = parseJsonPath(text);
  if (!steps || !isPlainPath(steps))
    return [invalidValue(path, text, 'must be a simple json path of fields, such as .spec.replicas')];
  const [root] = steps;
  if (roots.length === 0 || (root?.type === 'field' && roots.includes(root.name))) return [];
  return [invalidValue(path, text, `should be a json path under ${roots.map((name) => `.${name}`).join(' or ')}`)];
}

const SELECTABLE_TYPES = ['string', 'boolean', 'integer'];

/** Of a field that lists may be narrowed by (Kubernetes docs, "Custom Resources", field selectors): the schema must have it. */
export function selectableFaults(text: string, schema: JsonSchema | undefined, path: string): FieldError[] {
  const faults = plainPathFaults(text, [], path);
  if (faults.length > 0 || !schema) return faults;
  const names = (parseJsonPath(text) ?? []).flatMap((step) => (step.type === 'field' ? [step.name] : []));
  if (names[0] === 'metadata') return [invalidValue(path, text, 'must not point to fields in metadata')];
  const found = names.reduce<JsonSchema | undefined>(propertyOf, schema);
  if (!found) return [invalidValue(path, text, 'is an invalid path: does not refer to a valid field')];
  if (SELECTABLE_TYPES.includes(found.type ?? '')) return [];
  return [
    invalidValue(
      path,
      text,
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    ),
  ];
}

const propertyOf = (schema: JsonSchema | undefined, name: string): JsonSchema | undefined =>
  schema?.properties && (ownOf(schema.properties, name) as JsonSchema | undefined);
