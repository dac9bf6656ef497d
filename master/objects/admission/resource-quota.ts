import { type Pod, pods } from '../../../api/core/pod.ts';
import { type ResourceQuota, resourceQuotas } from '../../../api/core/resource-quota.ts';
import { MUST_BE_SAID, quotaQuantity, quotaUnits } from '../../../api/core/resource-quota-names.ts';
import { amountOf, type ResourceRequirements } from '../../../api/core/resource-requirements.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type AdmissionRequest, type AdmissionRule, mayStand } from './admission.ts';
import { beyond } from './claim-ledger.ts';
import { mayGrow } from './resource-quota-claims.ts';
import type { KindLedger, ResourceQuotaLedger } from './resource-quota-ledger.ts';
import { isAbout, type Scoping } from './resource-quota-scopes.ts';
import type { Amounts, Claim } from './usage-book.ts';

/**
 * What the objects of a namespace use stays within its ResourceQuotas (Kubernetes docs, "Resource Quotas"). Exact also for writes
 * that come at once: what was let in counts from then on, before it is stored.
 */
export function resourceQuota(ledger: ResourceQuotaLedger): AdmissionRule {
  return {
    name: 'ResourceQuota',
    counts: isCharged,
    admit: (request, view) =>
      isCharged(request, view) ? refusalOf(request, view, ledger.of(request.resource)) : undefined,
    admitted(request, view) {
      if (!request.context.dryRun && isCharged(request, view)) reserve(request, view, ledger.of(request.resource));
    },
    withdrawn: ({ resource, object }) => ledger.withdraw(resource, metaOf(object).uid ?? ''),
  };
}

/** Whether the write can make any quota fuller. */
const isCharged = ({ operation, resource, object, part }: AdmissionRequest, view: CacheReader): boolean =>
  resource.namespaced &&
  (operation === 'create' || (operation === 'update' && mayGrow(resource, part))) &&
  view.list(resourceQuotas, metaOf(object).namespace).length > 0;

/** What the cache shows of the object: what is counted of it already. */
function baseOf({ resource, object }: AdmissionRequest, view: CacheReader, { counting }: KindLedger) {
  const { namespace, name = '', uid } = metaOf(object);
  const shown = view.get(resource, namespace, name);
  return shown && metaOf(shown).uid === uid ? counting.claimOf(shown) : undefined;
}

function refusalOf(request: AdmissionRequest, view: CacheReader, kind: KindLedger): ApiError | undefined {
  const { object, resource } = request;
  const claim = kind.counting.claimOf(object);
  if (!claim) return undefined;
  const more = beyond(claim.amounts, baseOf(request, view, kind)?.amounts);
  const { name, generateName = '', uid } = metaOf(object);
  for (const quota of view.list(resourceQuotas, claim.namespace)) {
    const hard = hardOf(quota, claim);
    if (hard.length === 0) continue;
    const why = silence(quota, isSameResource(resource, pods) ? (object as Pod) : undefined, hard);
    if (why) return forbidden(resource, name ?? generateName, why);
    const used = kind.ledger.total(claim.namespace, (scoping) => isAbout(quota, scoping), uid);
    const over = hard.filter(
      ([of, most]) => (more.get(of) ?? 0) > 0 && (used.get(of) ?? 0) + (more.get(of) ?? 0) > most,
    );
    if (over.length > 0) return forbidden(resource, name ?? generateName, excess(quota, over, more, used));
  }
  return undefined;
}

/** What a quota grants of all that the object is counted for, by name. Empty when the quota is not about the object. */
function hardOf(quota: ResourceQuota, { traits, amounts }: Claim<Scoping>): [name: string, units: number][] {
  if (!isAbout(quota, traits)) return [];
  return Object.entries(quota.spec?.hard ?? {})
    .filter(([name]) => amounts.has(name) || MUST_BE_SAID.includes(name))
    .map(([name, amount]): [string, number] => [name, quotaUnits(name, amount)])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** `exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5` */
function excess(quota: ResourceQuota, over: readonly [string, number][], more: Amounts, used: Amounts): string {
  const each = (amount: (name: string, hard: number) => number) =>
    over.map(([name, hard]) => `${name}=${quotaQuantity(name, amount(name, hard))}`).join(',');
  const requested = each((name) => more.get(name) ?? 0);
  const taken = each((name) => used.get(name) ?? 0);
  return `exceeded quota: ${metaOf(quota).name}, requested: ${requested}, used: ${taken}, limited: ${each((_, hard) => hard)}`;
}

/** Where an amount is limited, every container has to say how much it wants: silence could mean any amount. */
function silence(quota: ResourceQuota, pod: Pod | undefined, hard: readonly [string, number][]): string | undefined {
  if (!pod) return undefined;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const missing = hard
    .filter(([name]) => MUST_BE_SAID.includes(name) && !says(pod.spec?.resources, name))
    .map(
      ([name]) => [name, containers.filter(({ resources }) => !says(resources, name)).map((one) => one.name)] as const,
    )
    .filter(([, silent]) => silent.length > 0)
    .map(([name, silent]) => `${name} for: ${silent.toSorted().join(',')}`);
  return missing.length > 0 ? `failed quota: ${metaOf(quota).name}: must specify ${missing.join('; ')}` : undefined;
}

/** Whether requirements have an amount for `limits.cpu`, `requests.cpu` or `cpu`. A limit stands in for a missing request. */
function says(resources: ResourceRequirements | undefined, name: string): boolean {
  const [kind, plain] = name.includes('.') ? name.split('.') : ['requests', name];
  const limit = amountOf(resources?.limits, plain ?? '');
  return limit !== undefined || (kind === 'requests' && amountOf(resources?.requests, plain ?? '') !== undefined);
}

function reserve(request: AdmissionRequest, view: CacheReader, kind: KindLedger): void {
  const claim = kind.counting.claimOf(request.object);
  const { uid = '' } = metaOf(request.object);
  if (!claim) return;
  if (request.operation === 'create') kind.ledger.reserve(uid, claim);
  else if (mayStand(request)) kind.ledger.reserveGrowth(uid, claim, baseOf(request, view, kind));
}
