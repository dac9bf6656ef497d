import type { FieldError } from '../meta/errors.ts';
import { nameFault } from '../meta/names.ts';
import { metaOf } from '../meta/object.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import {
  type CustomResourceDefinition,
  type CustomResourceDefinitionSpec,
  type CustomResourceVersion,
  isConditionTrue,
  schemaOf,
} from './definition-schema.ts';
import { parseJsonPath } from './json-path.ts';
import { plainPathFaults, selectableFaults } from './path-validation.ts';
import { ruleFaults } from './rules.ts';
import { structuralFaults } from './structural.ts';
import { structureOf } from './structure.ts';
import { valueFaults } from './value-validation.ts';

/** Faults of CustomResourceDefinitions, in the words of Kubernetes' API server. */

const APPROVED = 'api-approved.kubernetes.io';
const COLUMN_TYPES = ['integer', 'number', 'string', 'boolean', 'date'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const MAX_SELECTABLE_FIELDS = 8;
const MAX_WARNING_LENGTH = 256;

export function definitionFaults(object: CustomResourceDefinition): FieldError[] {
  const { spec } = object;
  if (!spec) return [required('spec')];
  return [
    ...identityFaults(object, spec),
    ...namesFaults(spec),
    ...(['Namespaced', 'Cluster'].includes(spec.scope)
      ? []
      : [notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced'])]),
    ...versionsFaults(spec),
    ...conversionFaults(spec),
    ...(spec.preserveUnknownFields
      ? [invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema')]
      : []),
    ...storedFaults(object, spec),
  ];
}

function identityFaults(
  object: CustomResourceDefinition,
  { group, names }: CustomResourceDefinitionSpec,
): FieldError[] {
  const { name = '', annotations = {} } = metaOf(object);
  const faults: FieldError[] = [];
  if (name !== `${names.plural}.${group}`)
    faults.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  const fault = group ? nameFault('subdomain', group) : undefined;
  if (!group) faults.push(required('spec.group'));
  else if (fault) faults.push(invalidValue('spec.group', group, fault));
  else if (!group.includes('.'))
    faults.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(group) && !/^(https?:\/\/|unapproved)/.test(annotations[APPROVED] ?? ''))
    faults.push(
      required(
        `metadata.annotations[${APPROVED}]`,
        `protected groups must have approval annotation "${APPROVED}": the address of the approval, or "unapproved" with a reason`,
      ),
    );
  return faults;
}

function namesFaults({ names }: CustomResourceDefinitionSpec): FieldError[] {
  const faults: FieldError[] = [];
  const check = (path: string, value: string | undefined) => {
    const fault = value && nameFault('dns-1035-label', value.toLowerCase());
    if (!value) faults.push(required(path));
    else if (fault) faults.push(invalidValue(path, value, fault));
  };
  const lower = (path: string, value: string | undefined) => {
    const fault = value && nameFault('dns-1035-label', value);
    if (!value) faults.push(required(path));
    else if (fault) faults.push(invalidValue(path, value, fault));
  };
  lower('spec.names.plural', names.plural);
  lower('spec.names.singular', names.singular);
  check('spec.names.kind', names.kind);
  check('spec.names.listKind', names.listKind);
  for (const [index, name] of (names.shortNames ?? []).entries()) lower(`spec.names.shortNames[${index}]`, name);
  for (const [index, name] of (names.categories ?? []).entries()) lower(`spec.names.categories[${index}]`, name);
  if (names.kind && names.kind === names.listKind)
    faults.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  return faults;
}

function versionsFaults({ versions }: CustomResourceDefinitionSpec): FieldError[] {
  const faults = versions.flatMap((version, index) => versionFaults(version, `spec.versions[${index}]`));
  const seen = new Set<string>();
  for (const [index, { name }] of versions.entries()) {
    if (seen.has(name)) faults.push(duplicate(`spec.versions[${index}].name`, name));
    seen.add(name);
  }
  if (versions.filter(({ storage }) => storage).length !== 1)
    faults.push(
      invalidValue(
        'spec.versions',
        versions.map(({ name }) => name),
        'must have exactly one version marked as storage version',
      ),
    );
  return faults;
}

function versionFaults(version: CustomResourceVersion, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const fault = nameFault('dns-1035-label', version.name);
  if (fault) faults.push(invalidValue(`${path}.name`, version.name, fault));
  const { deprecationWarning } = version;
  if (deprecationWarning !== undefined) {
    const at = `${path}.deprecationWarning`;
    if (!version.deprecated)
      faults.push(invalidValue(at, deprecationWarning, 'can only be set for deprecated versions'));
    if (deprecationWarning.length > MAX_WARNING_LENGTH || /[\r\n]/.test(deprecationWarning))
      faults.push(invalidValue(at, deprecationWarning, `must be one line of at most ${MAX_WARNING_LENGTH} characters`));
  }
  return [...faults, ...schemaFaults(version, `${path}.schema.openAPIV3Schema`), ...extraFaults(version, path)];
}

function schemaFaults(version: CustomResourceVersion, path: string): FieldError[] {
  const schema = schemaOf(version);
  if (!schema) return [required(path, 'schemas are required')];
  const faults = structuralFaults(schema, path);
  // What is not a schema cannot be asked about values.
  if (faults.length > 0) return faults;
  return [...defaultFaults(schema, path), ...ruleFaults(structureOf(schema), path)];
}

/** Defaults must be valid by the schema they stand in. */
function defaultFaults(schema: NonNullable<ReturnType<typeof schemaOf>>, path: string): FieldError[] {
  const structure = structureOf(schema);
  const own =
    structure.schema.default === undefined ? [] : valueFaults(structure.schema.default, structure, `${path}.default`);
  const parts: [string, object][] = [
    ...[...structure.properties].map(([name, part]): [string, object] => [`${path}.properties[${name}]`, part.schema]),
    ...(structure.items ? [[`${path}.items`, structure.items.schema] as [string, object]] : []),
    ...(structure.values ? [[`${path}.additionalProperties`, structure.values.schema] as [string, object]] : []),
  ];
  return [...own, ...parts.flatMap(([at, part]) => defaultFaults(part as typeof schema, at))];
}

function extraFaults(version: CustomResourceVersion, path: string): FieldError[] {
  const faults: FieldError[] = [];
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const at = `${path}.additionalPrinterColumns[${index}]`;
    if (!column.name) faults.push(required(`${at}.name`));
    if (!column.type) faults.push(required(`${at}.type`));
    else if (!COLUMN_TYPES.includes(column.type)) faults.push(notSupported(`${at}.type`, column.type, COLUMN_TYPES));
    if (!parseJsonPath(column.jsonPath))
      faults.push(invalidValue(`${at}.jsonPath`, column.jsonPath, 'must be a JSON path, such as .spec.replicas'));
  }
  const scale = version.subresources?.scale;
  if (scale) {
    const at = `${path}.subresources.scale`;
    faults.push(
      ...plainPathFaults(scale.specReplicasPath, ['spec'], `${at}.specReplicasPath`),
      ...plainPathFaults(scale.statusReplicasPath, ['status'], `${at}.statusReplicasPath`),
      ...(scale.labelSelectorPath
        ? plainPathFaults(scale.labelSelectorPath, ['spec', 'status'], `${at}.labelSelectorPath`)
        : []),
    );
  }
  const fields = version.selectableFields ?? [];
  if (fields.length > MAX_SELECTABLE_FIELDS)
    faults.push(
      invalidValue(`${path}.selectableFields`, fields.length, `must have at most ${MAX_SELECTABLE_FIELDS} items`),
    );
  for (const [index, { jsonPath }] of fields.entries())
    faults.push(...selectableFaults(jsonPath, schemaOf(version), `${path}.selectableFields[${index}].jsonPath`));
  return faults;
}

function conversionFaults({ conversion }: CustomResourceDefinitionSpec): FieldError[] {
  const path = 'spec.conversion';
  if (!conversion) return [];
  if (conversion.strategy === 'None')
    return conversion.webhook
      ? [forbiddenField(`${path}.webhook`, 'should not be set when strategy is not set to Webhook')]
      : [];
  if (conversion.strategy !== 'Webhook')
    return [notSupported(`${path}.strategy`, conversion.strategy, ['None', 'Webhook'])];
  const { clientConfig, conversionReviewVersions = [] } = conversion.webhook ?? {};
  const at = `${path}.webhook`;
  const faults: FieldError[] = [];
  if (!clientConfig) faults.push(required(`${at}.clientConfig`, 'required when strategy is set to Webhook'));
  else if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    faults.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
  else if (
    clientConfig.url !== undefined &&
    !(URL.canParse(clientConfig.url) && clientConfig.url.startsWith('https://'))
  )
    faults.push(invalidValue(`${at}.clientConfig.url`, clientConfig.url, "'https' is the only allowed URL scheme"));
  if (!conversionReviewVersions.some((version) => REVIEW_VERSIONS.includes(version)))
    faults.push(
      invalidValue(
        `${at}.conversionReviewVersions`,
        conversionReviewVersions,
        `must include at least one of ${REVIEW_VERSIONS.join(', ')}`,
      ),
    );
  return faults;
}

/** Objects may still be kept in a version that is on record: it has to stay until somebody takes it off. */
function storedFaults({ status }: CustomResourceDefinition, { versions }: CustomResourceDefinitionSpec): FieldError[] {
  return (status?.storedVersions ?? []).flatMap((stored, index) =>
    versions.some(({ name }) => name === stored)
      ? []
      : [
          invalidValue(
            `status.storedVersions[${index}]`,
            stored,
            `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`,
          ),
        ],
  );
}

export function definitionUpdateFaults(
  next: CustomResourceDefinition,
  previous: CustomResourceDefinition,
): FieldError[] {
  if (!isConditionTrue(previous, 'Established')) return [];
  const faults: FieldError[] = [];
  const pin = (path: string, now: unknown, before: unknown) => {
    if (now !== before) faults.push(invalidValue(path, now, 'field is immutable'));
  };
  pin('spec.group', next.spec?.group, previous.spec?.group);
  pin('spec.scope', next.spec?.scope, previous.spec?.scope);
  pin('spec.names.kind', next.spec?.names.kind, previous.spec?.names.kind);
  pin('spec.names.plural', next.spec?.names.plural, previous.spec?.names.plural);
  return faults;
}

/** Who takes versions off the record must leave the one that objects are written in. */
export function definitionStatusFaults({ spec, status }: CustomResourceDefinition): FieldError[] {
  const storage = spec?.versions.find((version) => version.storage)?.name ?? '';
  const stored = status?.storedVersions ?? [];
  const missing = storage && !stored.includes(storage);
  return [
    ...(missing ? [invalidValue('status.storedVersions', stored, `must have the storage version ${storage}`)] : []),
    ...(spec ? storedFaults({ status }, spec) : []),
  ];
}
