import { type Pod, pods } from '../../../api/core/pod.ts';
import { quantityOf, unitsOf } from '../../../api/core/resource-units.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { validateMetadata } from '../../../api/meta/validation.ts';
import { type Band, bandOf } from '../../../api/scheduling/bands.ts';
import { type BandQuota, bandQuotas } from '../../../api/stowage/band-quota.ts';
import { POLICY_NAME, policySpecOf, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { AdmissionRequest, AdmissionRule } from './admission.ts';
import { type Amounts, claimOf } from './band-usage.ts';
import type { QuotaLedger } from './quota-ledger.ts';

const WAY_OUT = 'the free band has no limit (priorityClassName: free)';

/** A resource of which a quota has too little left. In units of `unitsOf`. */
export interface Shortage {
  readonly name: string;
  readonly requested: number;
  readonly used: number;
  readonly hard: number;
}

/**
 * What the pods of a namespace ask for in a band stays within its BandQuotas ("Large-scale cluster management at Google with
 * Borg", section 2.5: quota decides which work is admitted). Has to come after the rule that settles priorities, and last: an
 * admitted pod is counted from here on.
 */
export function bandQuota(ledger: QuotaLedger): AdmissionRule {
  return {
    name: 'BandQuota',
    admit(request, view) {
      if (request.operation !== 'create' || !isSameResource(request.resource, pods)) return undefined;
      return admitPod(request as AdmissionRequest<Pod>, view, ledger);
    },
  };
}

function admitPod({ object: pod, context }: AdmissionRequest<Pod>, view: CacheReader, ledger: QuotaLedger) {
  const { namespace = '', uid = '' } = metaOf(pod);
  const { bands } = policySpecOf(view.get(schedulingPolicies, undefined, POLICY_NAME));
  const band = bandOf(pod.spec?.priority, bands);
  const rule = bands.find(({ name }) => name === band)?.quota;
  if (rule === 'None') return undefined;
  const limits = view.list(bandQuotas, namespace).filter(({ spec }) => spec?.hard?.[band]);
  if (limits.length === 0) return rule === 'Required' ? refuse(pod, withoutQuota(namespace, band)) : undefined;
  const claim = claimOf(pod);
  const used = ledger.used(namespace, band, bands);
  const exceeded = limits.flatMap((quota) => {
    const short = shortagesOf(quota, band, claim.amounts, used);
    return short.length > 0 ? [describe(quota, band, short)] : [];
  });
  if (exceeded.length > 0) return refuse(pod, exceeded.join('; '));
  if (!context.dryRun && mayStand(pod, view)) ledger.reserve(uid, claim);
  return undefined;
}

const refuse = (pod: Pod, why: string): ApiError => {
  const { name, generateName = '' } = metaOf(pod);
  return forbidden(pods, name ?? generateName, `${why}; ${WAY_OUT}`);
};

const withoutQuota = (namespace: string, band: Band): string =>
  `band ${band} needs quota, and no BandQuota in namespace ${namespace} grants any: ask for one with spec.hard.${band}`;

/** What a pod does not ask for it cannot exceed, even where more is used than is granted by now. */
export function shortagesOf(quota: BandQuota, band: Band, requested: Amounts, used: Amounts): Shortage[] {
  return Object.entries(quota.spec?.hard?.[band] ?? {}).flatMap(([name, amount]) => {
    const shortage = {
      name,
      requested: requested.get(name) ?? 0,
      used: used.get(name) ?? 0,
      hard: unitsOf(name, amount),
    };
    return shortage.requested > 0 && shortage.used + shortage.requested > shortage.hard ? [shortage] : [];
  });
}

/** `exceeded quota: team-a, band production: requested cpu=4, used cpu=8, limited cpu=10; 2 of cpu would fit` */
function describe(quota: BandQuota, band: Band, short: readonly Shortage[]): string {
  const each = (amount: (shortage: Shortage) => number) =>
    short.map((shortage) => `${shortage.name}=${quantityOf(shortage.name, amount(shortage))}`).join(',');
  const [requested, used, hard] = [each((s) => s.requested), each((s) => s.used), each((s) => s.hard)];
  const fits = short.map((s) => `${quantityOf(s.name, Math.max(0, s.hard - s.used))} of ${s.name}`).join(' and ');
  const name = metaOf(quota).name;
  return `exceeded quota: ${name}, band ${band}: requested ${requested}, used ${used}, limited ${hard}; ${fits} would fit`;
}

/** Whether the pod will be stored as far as can be known: what is refused right after this must not hold a place. */
function mayStand(pod: Pod, view: CacheReader): boolean {
  const { namespace, name = '' } = metaOf(pod);
  if (view.get(pods, namespace, name)) return false;
  return validateMetadata(pods, pod).length === 0 && pods.validate(pod).length === 0;
}
