import { ageColumn, nameColumn } from '../core/columns.ts';
import { amountOf } from '../core/resource-requirements.ts';
import { validateAmounts } from '../core/resource-validation.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, quantityMap, type Static, struct } from '../meta/schema.ts';
import { forbiddenField, invalidValue, labelKeyFault } from '../meta/validation.ts';
import { BANDS, type Band } from '../scheduling/bands.ts';

const LIMITED_AMOUNTS = 'Amounts by resource: cpu, memory, ephemeral-storage, pods, example.com/gpu.';

const bandAmounts = (name: string, description: string) =>
  struct(name, description, {
    batch: optional(quantityMap(LIMITED_AMOUNTS)),
    free: optional(quantityMap('Refused: the free band has no limit.')),
    monitoring: optional(quantityMap(LIMITED_AMOUNTS)),
    production: optional(quantityMap(LIMITED_AMOUNTS)),
  });

/** Amounts by resource name, by band. A band that is named grants something: an empty list counts as absent. */
export type BandAmounts = Partial<Record<Band, Record<string, string>>>;

export const BandQuotaSchema = struct(
  'dev.stowage.v1.BandQuota',
  'How much the pods of a namespace may ask for in each band of priorities.',
  {
    ...typeMeta,
    metadata,
    spec: optional(
      struct('dev.stowage.v1.BandQuotaSpec', 'What is granted.', {
        hard: optional(
          bandAmounts('dev.stowage.v1.BandLimits', 'By band, the most that the requests of its pods may add up to.'),
        ),
      }),
    ),
    status: optional(
      struct('dev.stowage.v1.BandQuotaStatus', 'What is granted, and how much of it is used.', {
        hard: optional(bandAmounts('dev.stowage.v1.BandLimitsSeen', 'What is granted, as last looked at.')),
        used: optional(bandAmounts('dev.stowage.v1.BandUsage', 'What the pods that have not ended ask for.')),
      }),
    ),
  },
);
export type BandQuota = Static<typeof BandQuotaSchema>;

/** Bands that can be limited, the most important first. */
const LIMITED_BANDS: readonly Band[] = BANDS.map(({ name }) => name).filter((name) => name !== 'free');

const STANDARD_RESOURCES = ['cpu', 'memory', 'ephemeral-storage', 'pods'];

function resourceFaults(name: string, path: string): FieldError[] {
  const fault = labelKeyFault(name);
  if (fault) return [invalidValue(path, name, fault)];
  if (STANDARD_RESOURCES.includes(name) || name.startsWith('hugepages-') || name.includes('/')) return [];
  const prefix = 'requests.';
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  const hint = bare ? ` (write ${bare}: quotas count requests)` : '';
  const allowed = `${STANDARD_RESOURCES.join(', ')}, hugepages-SIZE or a qualified name such as example.com/gpu`;
  return [invalidValue(path, name, `must be ${allowed}${hint}`)];
}

const limitFaults = (amounts: Record<string, string> | undefined, path: string): FieldError[] => [
  ...Object.keys(amounts ?? {}).flatMap((name) => resourceFaults(name, `${path}[${name}]`)),
  ...validateAmounts(amounts, path),
];

function validateBandQuota({ spec }: BandQuota): FieldError[] {
  const { free, ...hard } = spec?.hard ?? {};
  const why = 'the free band has no limit: its pods run on what nobody else wants; leave it out';
  return [
    ...(free ? [forbiddenField('spec.hard.free', why)] : []),
    ...Object.entries(hard).flatMap(([band, amounts]) => limitFaults(amounts, `spec.hard.${band}`)),
  ];
}

/** `cpu 8/10, memory 4Gi/16Gi`: used of granted. */
function bandText({ spec, status }: BandQuota, band: Band): string {
  const hard = Object.entries(status?.hard?.[band] ?? spec?.hard?.[band] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const used = (name: string) => amountOf(status?.used?.[band], name) ?? '0';
  return hard.map(([name, amount]) => `${name} ${used(name)}/${amount}`).join(', ') || '<none>';
}

const bandColumn = (band: Band): Column<BandQuota> => ({
  name: band.charAt(0).toUpperCase() + band.slice(1),
  type: 'string',
  description: `Used of granted, for the pods of band ${band}.`,
  value: (quota) => bandText(quota, band),
});

export const bandQuotas = defineResource<BandQuota>({
  group: 'stowage.dev',
  version: 'v1',
  kind: 'BandQuota',
  plural: 'bandquotas',
  singular: 'bandquota',
  shortNames: ['bq'],
  categories: [],
  namespaced: true,
  schema: BandQuotaSchema,
  hasStatus: true,
  columns: [nameColumn, ...LIMITED_BANDS.map(bandColumn), ageColumn],
  setDefaults(quota) {
    quota.spec ??= {};
  },
  validate: validateBandQuota,
});
