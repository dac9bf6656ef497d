import { nonNegative } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { rowOf, unusedWarnings } from '../core/unused-fields.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { int32, microTime, optional, type Static, string, struct } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';

export const LeaseSpecSchema = struct('io.k8s.api.coordination.v1.LeaseSpec', 'Who holds a lease, and since when.', {
  acquireTime: optional(microTime('When the holder got it.')),
  holderIdentity: optional(string('Who holds it; empty when its holder has given it up.')),
  leaseDurationSeconds: optional(int32('Seconds after renewTime at which others may take it.')),
  leaseTransitions: optional(int32('How often it changed hands.')),
  preferredHolder: optional(string('Who should hold it, with coordinated election.')),
  renewTime: optional(microTime('When the holder last renewed it.')),
  strategy: optional(string('How a holder is chosen, with coordinated election.')),
});
export type LeaseSpec = Static<typeof LeaseSpecSchema>;

export const LeaseSchema = struct('io.k8s.api.coordination.v1.Lease', 'Something one party at a time holds.', {
  ...typeMeta,
  metadata,
  spec: optional(LeaseSpecSchema),
});
export type Lease = Static<typeof LeaseSchema>;

function validateLease({ spec = {} }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder, strategy } = spec;
  return [
    ...(leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...nonNegative('spec.leaseTransitions', leaseTransitions),
    ...(preferredHolder && !strategy
      ? [invalidValue('spec.preferredHolder', preferredHolder, 'may only be specified if `strategy` is defined')]
      : []),
  ];
}

/** Nobody chooses holders for others: whoever wants a lease takes it. */
const UNUSED = ['preferredHolder', 'strategy'].map((path) => rowOf({ path }));

export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: LeaseSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'Holder',
      type: 'string',
      description: 'Who holds it.',
      value: (lease) => lease.spec?.holderIdentity ?? '',
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateLease,
  warnings: ({ spec }) => unusedWarnings(spec, 'spec', UNUSED),
});

/** Its holder has given it up, or somebody has for a holder that is gone (Kubernetes' leader election does the same). */
export const isGivenUp = ({ spec }: Lease): boolean => spec?.holderIdentity === '';
