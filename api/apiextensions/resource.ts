import { ageOf, since } from '../meta/age.ts';
import { decodeWith } from '../meta/decode.ts';
import type { Column, ResourceDefinition, ScaleAccess, StoredForm } from '../meta/definition.ts';
import { badRequest, type FieldError, invalid } from '../meta/errors.ts';
import { equalJson, isJsonObject, type JsonObject, ownOf, setOwn } from '../meta/json.ts';
import { type ApiObject, metaOf, ObjectMetaSchema } from '../meta/object.ts';
import { type CustomResourceDefinition, type CustomResourceVersion, schemaOf } from './definition-schema.ts';
import { type JsonPath, parseJsonPath, valueAt, valuesAt } from './json-path.ts';
import type { JsonSchema } from './json-schema.ts';
import { openApiSchema } from './open-api.ts';
import { compileRules, type Rules } from './rules.ts';
import { pruned, type Structure, setDefaultsIn, structureOf } from './structure.ts';
import { valueFaults } from './value-validation.ts';

/** From a CustomResourceDefinition to the definitions by which the rest of the house knows its resource. */

/** Converts objects to another `apiVersion` by asking the webhook of their CustomResourceDefinition. */
export type Converter = (objects: readonly ApiObject[], apiVersion: string) => Promise<ApiObject[]>;

export interface CustomKind {
  /** What the cache and the store know. */
  readonly kept: ResourceDefinition;
  /** What the API serves, the preferred version first. Each is kept in the form of `kept`. */
  readonly served: readonly ResourceDefinition[];
}

/** Expects a definition without faults. `convert` is there where the conversion is a webhook's. */
export function customKind(definition: CustomResourceDefinition, convert?: Converter): CustomKind {
  const { spec, status } = definition;
  if (!spec) throw new TypeError('a CustomResourceDefinition without a spec makes no kind');
  const home = homeVersion(definition, convert !== undefined);
  const compiled = new Map(spec.versions.map((version) => [version.name, new CompiledVersion(version)]));
  const describe = (version: CompiledVersion) =>
    describeVersion(definition, version, status?.acceptedNames ?? spec.names);
  const kept = describe(compiled.get(home)!);
  const served = spec.versions
    .filter((version) => version.served)
    .sort((a, b) => compareVersions(a.name, b.name))
    .map(({ name }) => {
      const version = compiled.get(name)!;
      const resource = describe(version);
      return { ...resource, stored: storedForm(resource, version, kept, compiled.get(home)!, convert) };
    });
  return { kept, served };
}

/**
 * The version whose form is kept. Where a webhook converts, the oldest on record stays until somebody takes it off
 * `status.storedVersions`: nobody can see the difference, and no object has to be converted before its time.
 */
export function homeVersion({ spec, status }: CustomResourceDefinition, byWebhook: boolean): string {
  const storage = spec?.versions.find((version) => version.storage)?.name ?? '';
  if (!byWebhook) return storage;
  return status?.storedVersions?.find((name) => spec?.versions.some((version) => version.name === name)) ?? storage;
}

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;

/** Kubernetes' order: v10, v2, v1, v11beta2, v3beta1, v12alpha1, then others by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const rank = (match: RegExpExecArray) => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return rank(right) - rank(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}

const OBJECT_FIELDS: Record<string, JsonSchema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

/** One version with all that is read off its schema once. */
class CompiledVersion {
  readonly version: CustomResourceVersion;
  readonly schema: JsonSchema;
  readonly structure: Structure;
  readonly rules: Rules;

  constructor(version: CustomResourceVersion) {
    this.version = version;
    this.schema = schemaOf(version) ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    this.structure = structureOf({ ...this.schema, properties: { ...this.schema.properties, ...OBJECT_FIELDS } });
    this.rules = compileRules(this.structure);
  }

  faults(object: ApiObject, previous: ApiObject | undefined): FieldError[] {
    const faults = [...this.nameFaults(object), ...valueFaults(object, this.structure, '')];
    const kept = previous ? faults.filter((fault) => !isOldFault(fault, object, previous)) : faults;
    // Rules may count on what the schema promises.
    return kept.length > 0 ? kept : this.rules.faults(object, previous);
  }

  /** The schema may constrain the name. */
  private nameFaults(object: ApiObject): FieldError[] {
    const metadata = this.schema.properties?.metadata;
    if (!metadata?.properties) return [];
    const { name, generateName } = metaOf(object);
    return valueFaults({ name, generateName }, structureOf({ properties: metadata.properties }), 'metadata').filter(
      ({ path }) => path === 'metadata.name' || (path === 'metadata.generateName' && generateName !== undefined),
    );
  }
}

/**
 * Whether a fault was there before the update, in a part that it leaves alone (Kubernetes docs, "Validation ratcheting"). Items of a
 * list are not told apart: the whole list has to be as it was.
 */
function isOldFault({ path, type }: FieldError, object: ApiObject, previous: ApiObject): boolean {
  const whole = path.replace(/\[.*$/, '');
  const steps = whole.split('.');
  if (type === 'FieldValueRequired' && whole === path) steps.pop();
  if (steps.length === 0) return false;
  const read = (value: unknown) =>
    steps.reduce<unknown>((at, step) => (isJsonObject(at) ? ownOf(at, step) : undefined), value);
  const now = read(object);
  return now !== undefined && equalJson(now, read(previous));
}

type Names = NonNullable<CustomResourceDefinition['spec']>['names'];

function describeVersion(
  { spec }: CustomResourceDefinition,
  compiled: CompiledVersion,
  names: Names,
): ResourceDefinition {
  const { version, structure, schema } = compiled;
  const group = spec?.group ?? '';
  const { kind, plural } = names;
  const apiVersion = `${group}/${version.name}`;
  const scale = version.subresources?.scale;
  const resource: ResourceDefinition = {
    group,
    version: version.name,
    kind,
    plural,
    singular: names.singular || kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec?.scope !== 'Cluster',
    custom: true,
    schema: openApiSchema(group, version.name, kind, schema),
    hasStatus: version.subresources?.status !== undefined,
    replacedByRevision: true,
    ...(scale && { scale: scaleAccess(scale) }),
    columns: columnsOf(version),
    selectableFields: selectableFieldsOf(version),
    ...(version.deprecated && {
      deprecation: version.deprecationWarning || `${apiVersion} ${kind} is deprecated`,
    }),
    decode: (value) => decodeCustom(value, structure, apiVersion, kind),
    setDefaults: (object) => setDefaultsIn(object, structure),
    validate: (object, previous) => compiled.faults(object, previous),
    validateStatus: (object, previous) => compiled.faults(object, previous),
  };
  return resource;
}

function decodeCustom(value: unknown, structure: Structure, apiVersion: string, kind: string) {
  if (!isJsonObject(value))
    throw badRequest(`${kind} in version "${apiVersion}" cannot be handled: the body is not an object`);
  const unknown: string[] = [];
  const { metadata, ...rest } = value;
  const object = pruned(rest, structure, '', unknown) as ApiObject;
  const meta = decodeWith(ObjectMetaSchema, metadata ?? {}, kind);
  unknown.push(...meta.unknown.map((path) => `metadata.${path}`));
  return { object: { ...object, apiVersion, kind, metadata: meta.object }, unknown, unsupported: [] };
}

/** How a version's objects are kept in the form of another, or of the same with what its schema has gained or lost since. */
function storedForm(
  resource: ResourceDefinition,
  version: CompiledVersion,
  kept: ResourceDefinition,
  home: CompiledVersion,
  convert: Converter | undefined,
): StoredForm {
  const own = `${resource.group}/${resource.version}`;
  const homes = `${kept.group}/${kept.version}`;
  // A memo of what objects of the cache look like in this version. It goes with the objects.
  const served = new WeakMap<ApiObject, ApiObject>();
  const present = (object: ApiObject): ApiObject => fitted(object, version.structure, own);
  /** Refused in the words of the version that was spoken. */
  const checked = (object: ApiObject): ApiObject => {
    if (own === homes) return object;
    setDefaultsIn(object, version.structure);
    const faults = version.faults(object, undefined);
    if (faults.length > 0) throw invalid(resource, metaOf(object).name ?? '', faults);
    return object;
  };
  const fromStored = (object: ApiObject): ApiObject => {
    let form = served.get(object);
    if (!form) {
      form = present(object);
      served.set(object, form);
    }
    return form;
  };
  const toStored = (object: ApiObject): ApiObject =>
    own === homes ? object : { ...(pruned(checked(object), home.structure, '', []) as ApiObject), apiVersion: homes };
  if (!convert) return { resource: kept, fromStored, toStored };
  return {
    resource: kept,
    fromStored: () => refuseToGuess(resource),
    toStored: () => refuseToGuess(resource),
    async convert(objects, to) {
      if (to === 'stored') {
        if (own === homes) return [...objects];
        const converted = await convert(objects.map(checked), homes);
        return converted.map((object) => fitted(object, home.structure, homes));
      }
      const foreign = objects.filter((object) => object.apiVersion !== own && !served.has(object));
      const converted = foreign.length > 0 ? await convert(foreign, own) : [];
      for (const [index, object] of foreign.entries()) served.set(object, present(converted[index] ?? object));
      return objects.map(fromStored);
    },
  };
}

function refuseToGuess({ kind, version }: ResourceDefinition): never {
  throw new TypeError(`${kind} in version ${version} is converted by a webhook; use convert`);
}

/** The object by a schema that may be newer than the object: pruned, with defaults, and the object itself where nothing differs. */
function fitted(object: ApiObject, structure: Structure, apiVersion: string): ApiObject {
  const { metadata, ...rest } = object;
  const fit = pruned({ ...rest, apiVersion }, structure, '', []) as ApiObject;
  setDefaultsIn(fit, structure);
  return object.apiVersion === apiVersion && equalJson(fit, rest) ? object : { ...fit, metadata };
}

function scaleAccess({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath,
}: NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>): ScaleAccess<ApiObject> {
  const [spec, status] = [pathOf(specReplicasPath), pathOf(statusReplicasPath)];
  const selector = labelSelectorPath ? pathOf(labelSelectorPath) : undefined;
  const count = (object: ApiObject, path: JsonPath) => Number(valueAt(object, path) ?? 0) || 0;
  return {
    specReplicas: (object) => count(object, spec),
    statusReplicas: (object) => count(object, status),
    selector: (object) => String((selector && valueAt(object, selector)) ?? ''),
    setReplicas: (object, replicas) => setAt(object as JsonObject, spec, replicas),
  };
}

const pathOf = (text: string): JsonPath => parseJsonPath(text) ?? [];

/** Sets a value at a plain path, making the objects on the way. Shared parts are replaced, not changed. */
function setAt(object: JsonObject, path: JsonPath, value: unknown): void {
  const [step, ...rest] = path;
  if (step?.type !== 'field') return;
  if (rest.length === 0) {
    setOwn(object, step.name, value);
    return;
  }
  const inner = ownOf(object, step.name);
  const copy: JsonObject = isJsonObject(inner) ? { ...inner } : {};
  setOwn(object, step.name, copy);
  setAt(copy, rest, value);
}

function selectableFieldsOf({ selectableFields = [] }: CustomResourceVersion) {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const path = pathOf(jsonPath);
      return [jsonPath.replace(/^\./, ''), (object: ApiObject) => textOf(valueAt(object, path))];
    }),
  );
}

const textOf = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

const NAME: Column<ApiObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique within its namespace.',
  value: (object) => metaOf(object).name ?? '',
};
const AGE: Column<ApiObject> = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  value: ageOf,
};

function columnsOf({ additionalPrinterColumns = [] }: CustomResourceVersion): Column<ApiObject>[] {
  if (additionalPrinterColumns.length === 0) return [NAME, AGE];
  return [NAME, ...additionalPrinterColumns.map(columnOf)];
}

function columnOf({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: NonNullable<CustomResourceVersion['additionalPrinterColumns']>[number]): Column<ApiObject> {
  const path = pathOf(jsonPath);
  return {
    name,
    type: type as Column<ApiObject>['type'],
    ...(format && { format: format as 'name' }),
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    value: (object, nowMs) => cellOf(valuesAt(object, path), type, nowMs),
  };
}

function cellOf(values: readonly unknown[], type: string, nowMs: number): string | number | boolean | null {
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return Number.isNaN(Date.parse(String(value))) ? '<invalid>' : since(String(value), nowMs);
    default:
      return values.map(textOf).join(',');
  }
}
