import type { PendingPod } from '../pending.ts';
import { atLeast, atMost } from '../quantities.ts';
import { type Demand, PODS } from '../resources.ts';
import type { World } from '../world.ts';

/** How far a node is from taking a pod: fewer refusals are nearer, and of equals the smaller shortage. */
interface Distance {
  readonly slot: number;
  readonly refusals: number;
  /** Sum over the resources of the missing share of what is asked. */
  readonly shortage: number;
}

/** The slot that needs least to change for the pod, or -1. */
export function nearestSlot({ shape, template }: PendingPod, slots: Iterable<number>, world: World): number {
  let nearest: Distance | undefined;
  for (const slot of slots) {
    const shortage = shortageOf(template.footprint.demand, slot, world);
    const distance = { slot, refusals: shape.everyRefusalOf(slot).length, shortage };
    if (!nearest || isNearer(distance, nearest)) nearest = distance;
  }
  return nearest?.slot ?? -1;
}

/** What the slot lacks, in words that complete "NODE lacks ...". */
export function lacksOf({ shape, template }: PendingPod, slot: number, world: World): string[] {
  const others = shape.everyRefusalOf(slot).filter((reason) => !/^Insufficient |^Too many pods$/.test(reason));
  return [...resourceLacks(template.footprint.demand, slot, world), ...others.map(asLack)];
}

function isNearer(a: Distance, b: Distance): boolean {
  return a.refusals !== b.refusals ? a.refusals < b.refusals : a.shortage < b.shortage;
}

function shortageOf({ ids, amounts }: Demand, slot: number, { cell }: World): number {
  return ids.reduce((sum, id, index) => sum + Math.max(0, 1 - Math.max(0, cell.free(id, slot)) / amounts[index]!), 0);
}

function resourceLacks({ ids, amounts }: Demand, slot: number, { cell }: World): string[] {
  return ids.flatMap((id, index) => {
    const [asked, free] = [amounts[index]!, cell.free(id, slot)];
    if (free >= asked) return [];
    if (id === PODS) return [`room for one more pod: it takes ${cell.allocatable(PODS, slot)}`];
    const name = cell.resources.nameOf(id);
    const whole = atMost(name, cell.allocatable(id, slot));
    return [`${name}: asks ${atLeast(name, asked)}, has ${atMost(name, Math.max(0, free))} free of ${whole}`];
  });
}

/** Kubernetes' words for a refusal, turned into what is missing. */
function asLack(reason: string): string {
  const taint = /^node\(s\) had untolerated taint \{(.*): (.*)\}$/.exec(reason);
  if (taint) return `a toleration: it is tainted ${taint[1]}${taint[2] ? `=${taint[2]}` : ''}`;
  return LACKS.get(reason) ?? reason.replace(/^node\(s\) /, 'because it ');
}

const LACKS: ReadonlyMap<string, string> = new Map([
  ['node(s) were unschedulable', 'permission: it is cordoned'],
  ["node(s) didn't match Pod's node affinity/selector", "the labels that the pod's node selector or affinity asks for"],
  ["node(s) didn't have free ports for the requested pod ports", 'a host port: another pod has it'],
  ["node(s) didn't match pod affinity rules", 'a pod that the required pod affinity asks for'],
  ["node(s) didn't match pod anti-affinity rules", 'distance: a pod that the anti-affinity excludes is there'],
  [
    "node(s) didn't satisfy existing pods anti-affinity rules",
    'welcome: a pod there excludes this one by anti-affinity',
  ],
  ["node(s) didn't match pod topology spread constraints", 'evenness: its domain would hold too many of these pods'],
]);
