import { between, faultOf, repeated, requiredText } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, int64, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { duplicate, invalidValue, nameFault, tooLong } from '../meta/validation.ts';

/** What a storage driver can do and wants, for whoever calls it ("CSIDriver" of the API reference). */

const LONGEST_NAME = 63;
const SHORTEST_TOKEN_SECONDS = 10 * 60;
const LONGEST_TOKEN_SECONDS = 2 ** 32;
const SHORTEST_UPDATE_SECONDS = 10;

const TokenRequestSchema = struct('io.k8s.api.storage.v1.TokenRequest', 'A token of the pod that the driver gets.', {
  audience: string('Who the token is meant for; empty for the API server.'),
  expirationSeconds: optional(int64('Life of the token in seconds, at least 600; default 3600.')),
});

export const CSIDriverSpecSchema = struct('io.k8s.api.storage.v1.CSIDriverSpec', 'What a driver can do and wants.', {
  attachRequired: optional(boolean('Whether volumes are attached to machines before they are mounted; default true.')),
  fsGroupPolicy: optional(
    oneOf("Whether a volume's files are given to the pod's fsGroup; default ReadWriteOnceWithFSType.", [
      'File',
      'None',
      'ReadWriteOnceWithFSType',
    ]),
  ),
  nodeAllocatableUpdatePeriodSeconds: optional(int64('How often nodes ask how many volumes fit; at least 10.')),
  podInfoOnMount: optional(boolean('Whether the driver is told which pod a volume is for; default false.')),
  preventPodSchedulingIfMissing: optional(boolean('Whether pods wait for a node that has the driver.')),
  requiresRepublish: optional(
    boolean('Whether the driver is called again and again for a mounted volume; default false.'),
  ),
  seLinuxMount: optional(boolean('Whether volumes can be mounted with an SELinux context; default false.')),
  serviceAccountTokenInSecrets: optional(boolean('Whether tokens come among the secrets instead of the attributes.')),
  storageCapacity: optional(boolean('Whether the driver reports how much it has left; default false.')),
  tokenRequests: optional(list(TokenRequestSchema, 'Tokens of the pod that the driver gets.')),
  volumeLifecycleModes: optional(
    list(oneOf('A life.', ['Ephemeral', 'Persistent']), 'Lives its volumes may have; default Persistent.', {
      type: 'set',
    }),
  ),
});

export const CSIDriverSchema = struct('io.k8s.api.storage.v1.CSIDriver', 'A storage driver of the cell.', {
  ...typeMeta,
  metadata,
  spec: CSIDriverSpecSchema,
});
export type CSIDriver = Static<typeof CSIDriverSchema>;

function tokenFaults({ spec }: CSIDriver): FieldError[] {
  const requests = spec?.tokenRequests ?? [];
  return [
    ...repeated(requests, ({ audience }) => audience).map(([{ audience }, index]) =>
      duplicate(`spec.tokenRequests[${index}].audience`, audience),
    ),
    ...requests.flatMap(({ expirationSeconds }, index) =>
      between(
        `spec.tokenRequests[${index}].expirationSeconds`,
        expirationSeconds,
        SHORTEST_TOKEN_SECONDS,
        LONGEST_TOKEN_SECONDS,
      ),
    ),
  ];
}

/** Faults of a driver's name, wherever it stands. */
export function driverNameFaults(path: string, name: string | undefined): FieldError[] {
  if (!name) return requiredText(path, name);
  if (name.length > LONGEST_NAME) return [tooLong(path, LONGEST_NAME)];
  return faultOf(path, name, nameFault('subdomain', name.toLowerCase()));
}

function validateCSIDriver(driver: CSIDriver): FieldError[] {
  const period = driver.spec?.nodeAllocatableUpdatePeriodSeconds;
  return [
    ...driverNameFaults('metadata.name', driver.metadata?.name),
    ...tokenFaults(driver),
    ...(period !== undefined && period < SHORTEST_UPDATE_SECONDS
      ? [
          invalidValue(
            'spec.nodeAllocatableUpdatePeriodSeconds',
            period,
            `must be greater than or equal to ${SHORTEST_UPDATE_SECONDS} seconds`,
          ),
        ]
      : []),
  ];
}

function validateCSIDriverUpdate({ spec: after }: CSIDriver, { spec: before }: CSIDriver): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['attachRequired', 'volumeLifecycleModes'] as const)
    if (!equalJson(after?.[field], before?.[field]))
      errors.push(invalidValue(`spec.${field}`, after?.[field], 'field is immutable'));
  return errors;
}

const column = (
  name: string,
  description: string,
  value: (spec: CSIDriver['spec']) => string | boolean,
  type: 'string' | 'boolean' = 'boolean',
): Column<CSIDriver> => ({
  name,
  type,
  description,
  // An object that is being put together may lack what every stored one has.
  value: ({ spec }) => value(spec ?? {}),
});

export const csiDrivers = defineResource<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: CSIDriverSchema,
  hasStatus: false,
  showsDeleted: true,
  columns: [
    nameColumn,
    column(
      'AttachRequired',
      'Whether volumes are attached before they are mounted.',
      (spec) => spec.attachRequired ?? true,
    ),
    column(
      'PodInfoOnMount',
      'Whether the driver is told which pod a volume is for.',
      (spec) => spec.podInfoOnMount ?? false,
    ),
    column(
      'StorageCapacity',
      'Whether the driver reports how much it has left.',
      (spec) => spec.storageCapacity ?? false,
    ),
    column(
      'TokenRequests',
      'Tokens of the pod that the driver gets.',
      (spec) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
      'string',
    ),
    column(
      'RequiresRepublish',
      'Whether the driver is called again for a mounted volume.',
      (spec) => spec.requiresRepublish ?? false,
    ),
    column(
      'Modes',
      'Lives its volumes may have.',
      (spec) => spec.volumeLifecycleModes?.join(',') || '<none>',
      'string',
    ),
    ageColumn,
  ],
  setDefaults({ spec }) {
    spec.attachRequired ??= true;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    spec.podInfoOnMount ??= false;
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
    spec.storageCapacity ??= false;
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  },
  validate: validateCSIDriver,
  validateUpdate: validateCSIDriverUpdate,
});
