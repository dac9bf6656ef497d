import type { Pod } from '../../../api/core/pod.ts';
import { quantityOf } from '../../../api/core/resource-units.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Band } from '../../../api/scheduling/bands.ts';
import { bandQuotas } from '../../../api/stowage/band-quota.ts';
import { POLICY_NAME, policySpecOf, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import type { CacheReader } from '../../store/cache.ts';
import { shortagesOf } from './band-quota.ts';
import { claimOf } from './band-usage.ts';
import type { QuotaLedger } from './quota-ledger.ts';

/**
 * Tells whether a namespace may have one more pod like this one in a band, by the rules of band-quota.ts: nothing when it may,
 * else `quota team-a for production has only cpu=1 left`.
 */
export function quotaRoom(view: CacheReader, ledger: QuotaLedger) {
  return (namespace: string, band: Band, pod: Pod): string | undefined => {
    const { bands } = policySpecOf(view.get(schedulingPolicies, undefined, POLICY_NAME));
    const rule = bands.find(({ name }) => name === band)?.quota;
    if (rule === 'None') return undefined;
    const quotas = view.list(bandQuotas, namespace).filter(({ spec }) => spec?.hard?.[band]);
    if (quotas.length === 0) return rule === 'Required' ? `namespace ${namespace} has no quota for ${band}` : undefined;
    const { amounts } = claimOf(pod);
    const used = ledger.used(namespace, band, bands);
    for (const quota of quotas) {
      const short = shortagesOf(quota, band, amounts, used);
      if (short.length === 0) continue;
      const left = short.map((one) => `${one.name}=${quantityOf(one.name, Math.max(0, one.hard - one.used))}`);
      return `quota ${metaOf(quota).name} for ${band} has only ${left.join(' and ')} left`;
    }
    return undefined;
  };
}
