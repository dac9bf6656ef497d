import { pods } from '../../../api/core/pod.ts';
import { quantityOf } from '../../../api/core/resource-units.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Band, BandRange } from '../../../api/scheduling/bands.ts';
import { type BandAmounts, type BandQuota, bandQuotas } from '../../../api/stowage/band-quota.ts';
import { POLICY_NAME, policySpecOf, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import { bandCounting, type PriorityUsage, usedInBand } from '../../objects/admission/band-usage.ts';
import { UsageOnDemand } from '../../objects/admission/usage-book.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, type ControllerView, watch } from '../kit/controller.ts';
import { updateStatus, wake } from '../kit/decision.ts';

/** The least time between two writes for one namespace: what changes in between is told together. */
const PAUSE_MS = 1_000;

/** Keeps what each BandQuota says of its use up to date. Enforcing it is admission's work, which does not wait for this. */
export function bandQuotaController(): Controller {
  // Fed by the watch, so that nobody adds up all pods for each that changes.
  const usage = new UsageOnDemand(pods, bandCounting);
  const writtenAtMs = new Map<string, number>();
  return {
    name: 'band-quota',
    watches: [
      watch(bandQuotas, ({ object }) => [metaOf(object).namespace ?? '']),
      watch(pods, (change, view) => {
        const { namespace = '' } = metaOf(change.object);
        return usage.apply(change) && view.list(bandQuotas, namespace).length > 0 ? [namespace] : [];
      }),
      watch(schedulingPolicies, ({ object }, view) => (metaOf(object).name === POLICY_NAME ? namespacesOf(view) : [])),
    ],
    reconcile(view, namespace, nowMs) {
      const quotas = view.list(bandQuotas, namespace);
      if (quotas.length === 0) writtenAtMs.delete(namespace);
      const { bands } = policySpecOf(view.get(schedulingPolicies, undefined, POLICY_NAME));
      const stale = quotas.flatMap((quota) => {
        const status = statusOf(quota, usage.of(view), bands);
        return sameJson(status, quota.status) ? [] : [{ quota, status }];
      });
      if (stale.length === 0) return [];
      const sinceMs = nowMs - (writtenAtMs.get(namespace) ?? Number.NEGATIVE_INFINITY);
      if (sinceMs >= 0 && sinceMs < PAUSE_MS) return [wake(PAUSE_MS - sinceMs)];
      writtenAtMs.set(namespace, nowMs);
      return stale.map(({ quota, status }) =>
        updateStatus(bandQuotas, quota, (current) => {
          current.status = status;
        }),
      );
    },
  };
}

const namespacesOf = (view: ControllerView): string[] => [
  ...new Set(view.list(bandQuotas).map((quota) => metaOf(quota).namespace ?? '')),
];

/** What is granted, and of each resource that is, what is used. */
function statusOf(
  quota: BandQuota,
  usage: PriorityUsage,
  bands: readonly BandRange[],
): NonNullable<BandQuota['status']> {
  const { namespace = '' } = metaOf(quota);
  const hard = quota.spec?.hard ?? {};
  const used: BandAmounts = {};
  for (const { name: band } of bands) {
    const granted = hard[band];
    if (granted) used[band] = usedOf(granted, usage, namespace, band, bands);
  }
  return { hard, used };
}

function usedOf(
  granted: Readonly<Record<string, string>>,
  usage: PriorityUsage,
  namespace: string,
  band: Band,
  bands: readonly BandRange[],
): Record<string, string> {
  const used = usedInBand(usage, namespace, band, bands);
  return Object.fromEntries(Object.keys(granted).map((name) => [name, quantityOf(name, used.get(name) ?? 0)]));
}
