import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, int32, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { BANDS, type Band, type BandRange } from '../scheduling/bands.ts';
import { validateSchedulingPolicy } from './scheduling-policy-validation.ts';

/** How the cell schedules, as an object: what each band may do, which schedulers there are, and when a node is avoided. */

/** Where a pod goes among the nodes that can take it: the fullest, the emptiest, or the one of which it strands the least. */
export type Scoring = 'Pack' | 'Spread' | 'Balanced';

export interface BandPolicy extends BandRange {
  /** Whether a pod may push out pods of its own band that have a lower priority. */
  readonly preemptsWithin: boolean;
  /** `Required`: no pod without a BandQuota that names the band; `WhenSet`: limited where one does; `None`: never limited. */
  readonly quota: 'Required' | 'WhenSet' | 'None';
  readonly scoring: Scoring;
  /** Whether replicas that name no topologySpreadConstraints are softly spread over hosts and zones. */
  readonly spreadReplicas: boolean;
}

export interface SchedulerProfile {
  readonly schedulerName: string;
  /** Absent: as the pod's band says. */
  readonly scoring?: Scoring;
}

/** A node is avoided by a controller's pods for `avoidSeconds` after `failures` of them crashed there in `windowSeconds`. */
export interface CrashAvoidance {
  readonly failures: number;
  readonly windowSeconds: number;
  readonly avoidSeconds: number;
}

/** The spec with everything filled in, as it is stored and as the cell acts on it. */
export interface SchedulingPolicySpec {
  /** All four, from the most important to the least. */
  readonly bands: readonly BandPolicy[];
  readonly profiles: readonly SchedulerProfile[];
  readonly crashAvoidance: CrashAvoidance;
}

/** The one policy that is acted on. */
export const POLICY_NAME = 'default';

/** What pods that name no scheduler get. */
export const DEFAULT_SCHEDULER = 'default-scheduler';

const bandNames = BANDS.map(({ name }) => name);
const scoring = (description: string) => oneOf(description, ['Pack', 'Spread', 'Balanced']);

const BandPolicySchema = struct('dev.stowage.v1.BandPolicy', 'What pods of one band may do.', {
  minPriority: optional(int32('Lowest priority in the band; it reaches up to the next band.')),
  name: oneOf('The band: monitoring, production, batch or free.', bandNames),
  preemptsWithin: optional(boolean('Whether its pods may push out pods of the same band with a lower priority.')),
  quota: optional(
    oneOf(
      'Whether pods need a BandQuota that names the band (Required), are limited where there is one (WhenSet), or never (None).',
      ['Required', 'WhenSet', 'None'],
    ),
  ),
  scoring: optional(
    scoring(
      'Which node is best: the fullest (Pack), the emptiest (Spread), the one whose rest stays most useful (Balanced).',
    ),
  ),
  spreadReplicas: optional(
    boolean('Whether replicas without topologySpreadConstraints are softly spread over hosts and zones.'),
  ),
});

const SchedulerProfileSchema = struct('dev.stowage.v1.SchedulerProfile', 'A scheduler that pods may name.', {
  schedulerName: string('What pods say in spec.schedulerName.'),
  scoring: optional(scoring('Which node is best for its pods; default what their band says.')),
});

const CrashAvoidanceSchema = struct(
  'dev.stowage.v1.CrashAvoidance',
  'When a controller is kept off a node on which its pods crash.',
  {
    avoidSeconds: optional(int32('For how long the node is avoided; default 600.')),
    failures: optional(int32('Crashes after which it is; default 3.')),
    windowSeconds: optional(int32('Seconds within which they must happen; default 600.')),
  },
);

export const SchedulingPolicySchema = struct(
  'dev.stowage.v1.SchedulingPolicy',
  'How the cell schedules. Only the object named default is acted on.',
  {
    ...typeMeta,
    metadata,
    spec: optional(
      struct('dev.stowage.v1.SchedulingPolicySpec', 'What holds in the cell.', {
        bands: optional(
          list(BandPolicySchema, 'The four bands, from the most important to the least.', {
            type: 'map',
            keys: ['name'],
            mergeKey: 'name',
          }),
        ),
        crashAvoidance: optional(CrashAvoidanceSchema),
        profiles: optional(
          list(SchedulerProfileSchema, 'Schedulers whose pods are placed; pods that name another wait for it.', {
            type: 'map',
            keys: ['schedulerName'],
            mergeKey: 'schedulerName',
          }),
        ),
      }),
    ),
  },
);
export type SchedulingPolicy = Static<typeof SchedulingPolicySchema>;

// Least stranded for all: mixing it with best fit for production needed more machines in every mix that was tried.
const production = { preemptsWithin: false, quota: 'WhenSet', scoring: 'Balanced', spreadReplicas: true } as const;
const batch = { ...production, preemptsWithin: true, spreadReplicas: false } as const;
const free = { ...batch, preemptsWithin: false, quota: 'None' } as const;
const BAND_DEFAULTS: Readonly<Record<Band, Omit<BandPolicy, keyof BandRange>>> = {
  monitoring: production,
  production,
  batch,
  free,
};

const DEFAULT_SPEC: SchedulingPolicySpec = {
  bands: BANDS.map((range) => ({ ...range, ...BAND_DEFAULTS[range.name] })),
  profiles: [
    { schedulerName: DEFAULT_SCHEDULER },
    { schedulerName: 'stowage' },
    { schedulerName: 'stowage-pack', scoring: 'Pack' },
    { schedulerName: 'stowage-spread', scoring: 'Spread' },
    { schedulerName: 'stowage-balanced', scoring: 'Balanced' },
  ],
  crashAvoidance: { failures: 3, windowSeconds: 600, avoidSeconds: 600 },
};

/** What a cell starts with, made fresh on every call. */
export const defaultSchedulingPolicy = (): SchedulingPolicySpec => structuredClone(DEFAULT_SPEC);

/** What holds: the spec of the stored policy, which is whole, or the defaults where there is none. Shared; not to be changed. */
export const policySpecOf = (policy: SchedulingPolicy | undefined): SchedulingPolicySpec =>
  (policy?.spec as SchedulingPolicySpec | undefined) ?? DEFAULT_SPEC;

/** The policy for pods of one scheduler's name alone: by its own profile, else as the default profile has it. Without a name, as it is. */
export function profileOnly(policy: SchedulingPolicySpec, schedulerName: string | undefined): SchedulingPolicySpec {
  if (schedulerName === undefined) return policy;
  const profileOf = (name: string) => policy.profiles.find((each) => each.schedulerName === name);
  const profile = profileOf(schedulerName) ?? profileOf(DEFAULT_SCHEDULER);
  return { ...policy, profiles: [{ ...profile, schedulerName }] };
}

/** Whole lists are taken from the defaults; of an entry that is there, what it leaves out. */
function setSchedulingPolicyDefaults(policy: SchedulingPolicy): void {
  const defaults = defaultSchedulingPolicy();
  policy.spec ??= {};
  const { spec } = policy;
  spec.bands = (spec.bands?.length ? spec.bands : defaults.bands).map((band) => ({
    ...defaults.bands.find(({ name }) => name === band.name),
    ...band,
  }));
  if (!spec.profiles?.length) spec.profiles = [...defaults.profiles];
  spec.crashAvoidance = { ...defaults.crashAvoidance, ...spec.crashAvoidance };
}

function schedulingPolicyWarnings({ metadata: meta, spec }: SchedulingPolicy): string[] {
  const isActedOn = meta?.name === POLICY_NAME;
  const hasDefault = spec?.profiles?.some(({ schedulerName }) => schedulerName === DEFAULT_SCHEDULER);
  return [
    ...(isActedOn ? [] : [`only the SchedulingPolicy named ${POLICY_NAME} is acted on; this one has no effect`]),
    ...(hasDefault
      ? []
      : [`spec.profiles: no profile for ${DEFAULT_SCHEDULER}: pods that name no scheduler will not be placed`]),
  ];
}

const bandsText = ({ spec }: SchedulingPolicy): string =>
  (spec?.bands ?? []).map(({ name, minPriority }) => `${name}>=${minPriority}`).join(',') || '<none>';

export const schedulingPolicies = defineResource<SchedulingPolicy>({
  group: 'stowage.dev',
  version: 'v1',
  kind: 'SchedulingPolicy',
  plural: 'schedulingpolicies',
  singular: 'schedulingpolicy',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: SchedulingPolicySchema,
  hasStatus: false,
  columns: [
    nameColumn,
    { name: 'Bands', type: 'string', description: 'Each band with its lowest priority.', value: bandsText },
    {
      name: 'Profiles',
      type: 'string',
      description: 'Schedulers that pods may name.',
      priority: 1,
      value: ({ spec }) => (spec?.profiles ?? []).map(({ schedulerName }) => schedulerName).join(',') || '<none>',
    },
    ageColumn,
  ],
  setDefaults: setSchedulingPolicyDefaults,
  validate: validateSchedulingPolicy,
  warnings: schedulingPolicyWarnings,
});
