import type { Pod } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import { unitsOf } from '../../../api/core/resource-units.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Band, type BandRange, bandOf, DEFAULT_PRIORITY } from '../../../api/scheduling/bands.ts';
import type { Change } from '../../store/cache.ts';

/** By resource name, in units of `unitsOf`. */
export type Amounts = ReadonlyMap<string, number>;

/** What pods of one priority in one namespace ask for together. */
interface Sum {
  pods: number;
  readonly amounts: Map<string, number>;
}

/** Pods that have ended use nothing; one that is being deleted does until it is gone. */
const isCounted = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** What one pod counts for: its requests and itself, in its namespace, at its priority. */
export interface Claim {
  readonly namespace: string;
  readonly priority: number;
  readonly amounts: Amounts;
}

export function claimOf(pod: Pod): Claim {
  const amounts = new Map([['pods', 1]]);
  for (const [name, amount] of Object.entries(podRequests(pod))) amounts.set(name, unitsOf(name, amount));
  return { namespace: metaOf(pod).namespace ?? '', priority: pod.spec?.priority ?? DEFAULT_PRIORITY, amounts };
}

/** Parts of a spec that make its claim. */
const CLAIMING = ['containers', 'initContainers', 'overhead', 'priority', 'resources'] as const;

/** Of one object, unless what it asks for changed in between: then it makes the same claim. A bind shares all else with what was. */
function isSameClaim(one: Pod, other: Pod): boolean {
  if (metaOf(one).uid !== metaOf(other).uid) return false;
  return (
    metaOf(one).generation === metaOf(other).generation ||
    CLAIMING.every((part) => one.spec?.[part] === other.spec?.[part])
  );
}

/**
 * What the pods of each namespace and priority ask for, kept up to date change by change; nothing is ever added up again.
 *
 * Owns: one sum per namespace and priority that has pods. (By priority and not by band, since where the bands lie may change.)
 */
export class BandUsage {
  readonly #byNamespace = new Map<string, Map<number, Sum>>();

  /** Takes a change of the cache in; returns whether it made a difference. */
  apply({ type, object, previous }: Change<Pod>): boolean {
    const before = previous && isCounted(previous) ? previous : undefined;
    const after = type !== 'deleted' && isCounted(object) ? object : undefined;
    // Most changes are of the status, and cost nothing here.
    if (before === after || (before && after && isSameClaim(before, after))) return false;
    if (before) this.remove(claimOf(before));
    if (after) this.add(claimOf(after));
    return true;
  }

  add({ namespace, priority, amounts }: Claim): void {
    const priorities = this.#byNamespace.get(namespace) ?? new Map<number, Sum>();
    this.#byNamespace.set(namespace, priorities);
    const sum = priorities.get(priority) ?? { pods: 0, amounts: new Map<string, number>() };
    priorities.set(priority, sum);
    sum.pods += 1;
    addTo(sum.amounts, amounts, 1);
  }

  /** Of a claim that was added before. */
  remove({ namespace, priority, amounts }: Claim): void {
    const priorities = this.#byNamespace.get(namespace);
    const sum = priorities?.get(priority);
    if (!priorities || !sum) return;
    sum.pods -= 1;
    addTo(sum.amounts, amounts, -1);
    if (sum.pods > 0) return;
    priorities.delete(priority);
    if (priorities.size === 0) this.#byNamespace.delete(namespace);
  }

  /** What the pods of one band ask for in a namespace. Costs a step per priority in use there. */
  used(namespace: string, band: Band, bands: readonly BandRange[]): Amounts {
    const total = new Map<string, number>();
    for (const [priority, { amounts }] of this.#byNamespace.get(namespace) ?? [])
      if (bandOf(priority, bands) === band) addTo(total, amounts, 1);
    return total;
  }
}

function addTo(sum: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + sign * amount);
}
