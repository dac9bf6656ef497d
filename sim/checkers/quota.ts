import type { SeenObject } from '../history.ts';
import { type Amounts, add, amountsOf, exceeds, podAmounts } from './amounts.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { entries, field, list } from './fields.ts';
import { bandOf, PODS, podOf } from './pods.ts';
import type { Change, SeenCell } from './seen-cell.ts';

const QUOTAS = '/resourcequotas';
const BAND_QUOTAS = 'stowage.dev/bandquotas';
/** A pod that is admitted and a quota that is changed may pass each other. */
const CROSSING_MS = 5_000;

/** What a quota granted, and until when. */
interface Grant {
  readonly limits: Amounts;
  readonly fromMs: number;
  untilMs: number;
}

/** Owns what pods use, by namespace and by band, and what each quota has granted lately. Limits are by the names under which use is kept. */
export class Quota implements Checker {
  private readonly used = new Map<string, Map<string, number>>();
  private readonly grants = new Map<string, Map<string, Grant[]>>();
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  changed(change: Change): void {
    const { resource, key, before, after, atMs } = change;
    const namespace = key.slice(0, key.indexOf('/'));
    if (resource === QUOTAS || resource === BAND_QUOTAS)
      this.granted(namespace, `${resource}${key}`, after && limitsOf(after), atMs);
    if (resource === PODS) this.pod(change, namespace);
    else if (!before) this.judgeCount(change, namespace);
  }

  private granted(namespace: string, quota: string, limits: Amounts | undefined, atMs: number): void {
    const grants = entryOf(entryOf(this.grants, namespace, newGrants), quota, () => []);
    const last = grants.at(-1);
    if (last && limits && [...limits].join() === [...last.limits].join() && last.untilMs > atMs) return;
    if (last) last.untilMs = Math.min(last.untilMs, atMs);
    if (limits) grants.push({ limits, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
  }

  private pod({ key, before, after, atMs }: Change, namespace: string): void {
    const used = entryOf(this.used, namespace, () => new Map<string, number>());
    const [was, is] = [before && use(before), after && use(after)];
    if (was) add(used, was, -1);
    if (!is) return;
    add(used, is);
    if (!this.grants.has(namespace)) return;
    const grown = [...is].filter(([name, value]) => value > (was?.get(name) ?? 0)).map(([name]) => name);
    this.judge(namespace, grown, used, atMs, `pod ${key}`);
  }

  private judge(namespace: string, names: readonly string[], used: Amounts, atMs: number, what: string): void {
    for (const [quota, grants] of this.grants.get(namespace) ?? []) {
      const name = names.find((each) => exceeds(used.get(each) ?? 0, allowed(grants, each, atMs)));
      if (name === undefined) continue;
      const limit = allowed(grants, name, atMs);
      this.report(atMs, `with ${what} ${namespace} uses ${used.get(name)} of ${name}, and ${quota} grants ${limit}`);
      return;
    }
  }

  private judgeCount({ resource, key, atMs }: Change, namespace: string): void {
    if (!this.grants.has(namespace)) return;
    const [group, plural] = resource.split('/') as [string, string];
    const names = group ? [`count/${plural}.${group}`] : [`count/${plural}`, plural];
    const isLimited = [...this.grants.get(namespace)!.values()].some((grants) =>
      names.some((name) => Number.isFinite(allowed(grants, name, atMs))),
    );
    if (!isLimited) return;
    let number = 0;
    for (const each of this.cell.all(resource).keys()) if (each.startsWith(`${namespace}/`)) number += 1;
    const used = new Map(names.map((name) => [name, number]));
    this.judge(namespace, names, used, atMs, `${resource} ${key}`);
  }
}

const newGrants = (): Map<string, Grant[]> => new Map();

/** The most that was granted of late; what was not limited all the time is not limited. */
function allowed(grants: readonly Grant[], name: string, atMs: number): number {
  const recent = grants.filter(({ untilMs }) => untilMs >= atMs - CROSSING_MS);
  const first = recent[0];
  const last = recent.at(-1);
  if (!first || first.fromMs > atMs - CROSSING_MS || (last?.untilMs ?? 0) <= atMs) return Number.POSITIVE_INFINITY;
  return Math.max(...recent.map(({ limits }) => limits.get(name) ?? Number.POSITIVE_INFINITY));
}

/** Quotas with scopes are for pods of some sorts only, and are not judged. */
function limitsOf(quota: SeenObject): Amounts {
  if (list(quota, 'spec', 'scopes').length > 0 || field(quota, 'spec', 'scopeSelector')) return new Map();
  if (quota.kind !== 'BandQuota') return amountsOf(field(quota, 'spec', 'hard'));
  const bands = entries(quota, 'spec', 'hard');
  return new Map(
    bands.flatMap(([band, hard]) => [...amountsOf(hard)].map(([name, value]) => [`${band}:${name}`, value] as const)),
  );
}

const PLAIN: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Under all the names that quotas have for it ("Resource Quotas"). */
function use(pod: SeenObject): Map<string, number> {
  const { over, deleting, priority } = podOf(pod);
  const used = new Map<string, number>();
  if (over) return used;
  for (const [name, value] of podAmounts(pod)) {
    used.set(`${bandOf(priority)}:${name}`, value);
    if (deleting) continue;
    if (name === 'pods') used.set('pods', value).set('count/pods', value);
    else used.set(`requests.${name}`, value);
    if (PLAIN.has(name)) used.set(name, value);
  }
  if (!deleting)
    for (const [name, value] of podAmounts(pod, 'limits')) if (PLAIN.has(name)) used.set(`limits.${name}`, value);
  return used;
}
