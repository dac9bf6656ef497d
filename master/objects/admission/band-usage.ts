import type { Pod } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import { unitsOf } from '../../../api/core/resource-units.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Band, type BandRange, bandOf, DEFAULT_PRIORITY } from '../../../api/scheduling/bands.ts';
import { type Amounts, type Claim, type Counting, sharesParts } from './usage-book.ts';

/** Pods that have ended use nothing; one that is being deleted does until it is gone. */
export const isCounted = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** What one pod counts for: its requests and itself, in its namespace, at its priority. */
export function claimOf(pod: Pod): Claim<number> {
  const amounts = new Map([['pods', 1]]);
  for (const [name, amount] of Object.entries(podRequests(pod))) amounts.set(name, unitsOf(name, amount));
  const priority = pod.spec?.priority ?? DEFAULT_PRIORITY;
  return { namespace: metaOf(pod).namespace ?? '', key: priority, traits: priority, amounts };
}

/** Parts of a spec that make its claim. A bind shares all else with what was. */
const CLAIMING = ['containers', 'initContainers', 'overhead', 'priority', 'resources'] as const;

/** By priority and not by band, since where the bands lie may change. */
export const bandCounting: Counting<Pod, number> = {
  claimOf: (pod) => (isCounted(pod) ? claimOf(pod) : undefined),
  isSameClaim: (one, other) => isCounted(one) === isCounted(other) && sharesParts(one, other, CLAIMING),
};

/** What the pods of some priorities in a namespace use. */
export interface PriorityUsage {
  total(namespace: string, counts: (priority: number) => boolean): Amounts;
}

/** What the pods of one band ask for in a namespace. */
export const usedInBand = (usage: PriorityUsage, namespace: string, band: Band, bands: readonly BandRange[]): Amounts =>
  usage.total(namespace, (priority) => bandOf(priority, bands) === band);
