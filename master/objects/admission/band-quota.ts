import { type Pod, pods } from '../../../api/core/pod.ts';
import { quantityOf, unitsOf } from '../../../api/core/resource-units.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Band, bandOf } from '../../../api/scheduling/bands.ts';
import { type BandQuota, bandQuotas } from '../../../api/stowage/band-quota.ts';
import { POLICY_NAME, policySpecOf, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type AdmissionRequest, type AdmissionRule, mayStand } from './admission.ts';
import { claimOf } from './band-usage.ts';
import { beyond } from './claim-ledger.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import type { Amounts } from './usage-book.ts';

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
 * Borg", section 2.5: quota decides which work is admitted). Has to come after the rule that settles priorities.
 */
export function bandQuota(ledger: QuotaLedger): AdmissionRule {
  return {
    name: 'BandQuota',
    counts: (request, view) => isCharged(request) && view.list(bandQuotas, metaOf(request.object).namespace).length > 0,
    admit(request, view) {
      if (!isCharged(request)) return undefined;
      return refusalOf(request as AdmissionRequest<Pod>, view, ledger);
    },
    admitted(request, view) {
      if (!isCharged(request) || request.context.dryRun) return;
      const { object: pod, previous } = request as AdmissionRequest<Pod>;
      if (!isLimited(pod, view)) return;
      const uid = metaOf(pod).uid ?? '';
      if (!previous) ledger.reserve(uid, claimOf(pod));
      else if (mayStand(request)) ledger.reserveGrowth(uid, claimOf(pod), claimOf(previous));
    },
    withdrawn({ resource, object }) {
      if (isSameResource(resource, pods)) ledger.withdraw(metaOf(object).uid ?? '');
    },
  };
}

/** Pods ask when they are made and when they are resized. */
const isCharged = ({ operation, resource, part }: AdmissionRequest): boolean =>
  isSameResource(resource, pods) && (operation === 'create' || part === 'resize');

/** The band of a pod, how strict its quota is, and the quotas that grant some of it. */
function grantsFor(pod: Pod, view: CacheReader) {
  const { bands } = policySpecOf(view.get(schedulingPolicies, undefined, POLICY_NAME));
  const band = bandOf(pod.spec?.priority, bands);
  const rule = bands.find(({ name }) => name === band)?.quota;
  const { namespace = '' } = metaOf(pod);
  const quotas = rule === 'None' ? [] : view.list(bandQuotas, namespace).filter(({ spec }) => spec?.hard?.[band]);
  return { bands, band, rule, namespace, quotas };
}

const isLimited = (pod: Pod, view: CacheReader): boolean => grantsFor(pod, view).quotas.length > 0;

function refusalOf(request: AdmissionRequest<Pod>, view: CacheReader, ledger: QuotaLedger): ApiError | undefined {
  const { object: pod, previous } = request;
  const { bands, band, rule, namespace, quotas } = grantsFor(pod, view);
  // Whoever is in stays in: only what he asks for beyond that counts.
  if (quotas.length === 0 && !previous)
    return rule === 'Required' ? refuse(pod, withoutQuota(namespace, band)) : undefined;
  const amounts = beyond(claimOf(pod).amounts, previous && claimOf(previous).amounts);
  const used = ledger.used(namespace, band, bands);
  const exceeded = quotas.flatMap((quota) => {
    const short = shortagesOf(quota, band, amounts, used);
    return short.length > 0 ? [describe(quota, band, short)] : [];
  });
  return exceeded.length > 0 ? refuse(pod, exceeded.join('; ')) : undefined;
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
