import { type ResourceQuota, resourceQuotas } from '../../../api/core/resource-quota.ts';
import { quotaQuantity } from '../../../api/core/resource-quota-names.ts';
import { type ResourceDefinition, storePrefix } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { quotaCounting } from '../../objects/admission/resource-quota-claims.ts';
import { isAbout, type Scoping } from '../../objects/admission/resource-quota-scopes.ts';
import { type UsageBook, UsageOnDemand } from '../../objects/admission/usage-book.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, type Watch, watch } from '../kit/controller.ts';
import { updateStatus, wake } from '../kit/decision.ts';

/** The least time between two writes for one namespace: what changes in between is told together. */
const PAUSE_MS = 1_000;

type Usage = UsageOnDemand<ApiObject, Scoping>;
type Book = UsageBook<ApiObject, Scoping>;

/**
 * Keeps what each ResourceQuota says of its use up to date (Kubernetes docs, "Resource Quotas"). Enforcing it is admission's work,
 * which does not wait for this.
 */
export function resourceQuotaController(): Controller {
  // By kind. Fed by the watches, so that nobody adds up all objects for each that changes.
  const usage = new Map<string, Usage>();
  const writtenAtMs = new Map<string, number>();
  return {
    name: 'resource-quota',
    watches: [watch(resourceQuotas, ({ object }) => [metaOf(object).namespace ?? ''])],
    watchKind(resource) {
      if (!resource.namespaced) return undefined;
      const counted = new UsageOnDemand(resource, quotaCounting(resource));
      const key = storePrefix(resource);
      usage.set(key, counted);
      return { ...watchOf(resource, counted), ended: () => void usage.delete(key) };
    },
    reconcile(view, namespace, nowMs) {
      const quotas = view.list(resourceQuotas, namespace);
      if (quotas.length === 0) writtenAtMs.delete(namespace);
      const books = quotas.length > 0 ? [...usage.values()].map((counted) => counted.of(view)) : [];
      const stale = quotas.flatMap((quota) => {
        const status = statusOf(quota, books);
        return sameJson(status, quota.status) ? [] : [{ quota, status }];
      });
      if (stale.length === 0) return [];
      const sinceMs = nowMs - (writtenAtMs.get(namespace) ?? Number.NEGATIVE_INFINITY);
      if (sinceMs >= 0 && sinceMs < PAUSE_MS) return [wake(PAUSE_MS - sinceMs)];
      writtenAtMs.set(namespace, nowMs);
      return stale.map(({ quota, status }) =>
        updateStatus(resourceQuotas, quota, (current) => {
          current.status = status;
        }),
      );
    },
  };
}

const watchOf = (resource: ResourceDefinition, counted: Usage): Watch =>
  watch(resource, (change, view) => {
    const { namespace = '' } = metaOf(change.object);
    return counted.apply(change) && view.list(resourceQuotas, namespace).length > 0 ? [namespace] : [];
  });

/** What is granted, and of each name that is, what is used. Every name is used by objects of one kind. */
function statusOf(quota: ResourceQuota, books: readonly Book[]): NonNullable<ResourceQuota['status']> {
  const { namespace = '' } = metaOf(quota);
  const hard = quota.spec?.hard ?? {};
  const totals = books.map((book) => book.total(namespace, (scoping) => isAbout(quota, scoping)));
  const usedOf = (name: string) => totals.reduce((sum, total) => sum + (total.get(name) ?? 0), 0);
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, quotaQuantity(name, usedOf(name))]));
  return { hard, used };
}
