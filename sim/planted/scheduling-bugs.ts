import type { AdmissionRule } from '../../master/objects/admission/admission.ts';
import type { Transaction } from '../../master/store/store.ts';
import type { MutationTable } from './mutation.ts';
import { dropping, isUnder, misread, type ObjectLike, objectOf, rewriting, skipping } from './store-hand.ts';

const PODS = 'core/pods';
/** Where the band begins, and the class of its name. */
const PRODUCTION = 1_000_000;
const PRODUCTION_CLASS = 10_000_000;
const QUOTA_RULES: ReadonlySet<string> = new Set(['ResourceQuota', 'BandQuota']);

/** Of whoever decides who may be, where, and who has to go. */
export const schedulingBugs = {
  'room-ignored': {
    bug: 'production is bound to one node, whatever is reserved there',
    caughtBy: ['room'],
    withinSeeds: 5,
    store: (store) =>
      rewriting(store, PODS, ({ spec, status }) => {
        const isBound = spec?.nodeName !== undefined && status?.phase === 'Pending';
        if (isBound && Number(spec.priority) >= PRODUCTION && status.startTime === undefined) spec.nodeName = 'node-0';
      }),
  },
  'quota-forgotten': {
    bug: 'the quota ledgers forget what they let in until the cache tells of it',
    caughtBy: ['quota'],
    withinSeeds: 5,
    admission: (rules) =>
      rules.map((rule): AdmissionRule => (QUOTA_RULES.has(rule.name) ? { ...rule, admitted() {} } : rule)),
  },
  'budget-compare-skipped': {
    bug: 'an eviction takes from its budget without a compare',
    caughtBy: ['budgets'],
    withinSeeds: 10,
    store: (store) => skipping(store, isUnder('policy/poddisruptionbudgets')),
  },
  'victims-spared': {
    bug: 'who is to make room is told so, and not deleted',
    caughtBy: ['preemption'],
    withinSeeds: 10,
    store: (store) => dropping(store, endsVictim),
  },
  'peers-pushed-out': {
    bug: 'who makes room for others is not asked for his band: production goes like batch',
    caughtBy: ['preemption'],
    withinSeeds: 5,
    store: (store) => rewriting(misread(store, PODS, ofProduction(0)), PODS, ofProduction(PRODUCTION_CLASS)),
  },
} satisfies MutationTable;

/** The priority of pods of the class. */
const ofProduction =
  (priority: number) =>
  ({ spec }: ObjectLike): void => {
    if (spec?.priorityClassName === 'production') spec.priority = priority;
  };

/** The deletion of a pod that was chosen to make room. */
const endsVictim = ({ ops }: Transaction): boolean =>
  ops.some((op) => {
    const pod = objectOf(op, PODS);
    const conditions = pod?.status?.conditions as { reason?: string }[] | undefined;
    const isVictim = conditions?.some(({ reason }) => reason === 'PreemptionByScheduler') === true;
    return isVictim && pod?.metadata.deletionTimestamp !== undefined;
  });
