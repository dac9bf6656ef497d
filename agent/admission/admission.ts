import { bandOf, bandRank } from '../../api/scheduling/bands.ts';
import type { Amounts } from '../node-options.ts';
import type { PodEnding } from '../plan/state.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';
import { CRITICAL_PRIORITY } from '../pressure/ranking.ts';
import { lack } from '../resize.ts';
import { type Booked, heldOf, requestsOf } from './booked.ts';
import { portConflict } from './host-ports.ts';
import { type KnownNode, ruledOut } from './node-affinity.ts';
import { sysctlRefusal } from './sysctls.ts';

export interface AdmittingNode extends KnownNode {
  /** What pods may have of it; of what is not there the agent keeps no books. */
  readonly room: Amounts;
  readonly allowedUnsafeSysctls: readonly string[];
}

/** Either the pod may be, once `preempt` (uids) are ended; or it is to be ended itself. */
export type Admission =
  | { readonly admitted: true; readonly preempt: readonly string[] }
  | { readonly admitted: false; readonly ending: PodEnding };

/**
 * Whether a pod that is new on the node may run there, beside `others` that hold resources of it. The scheduler has seen to that; this
 * is for pods that came past it (a node name of their own, static pods), and refuses nothing that the scheduler's books allow.
 */
export function admit(pod: Pod, others: readonly Booked[], node: AdmittingNode): Admission {
  const sysctl = sysctlRefusal(pod, node.allowedUnsafeSysctls);
  if (sysctl) return refuse('SysctlForbidden', sysctl);
  if (ruledOut(pod, node))
    return refuse('NodeAffinity', `its node selector or required node affinity does not match the node "${node.name}"`);
  const port = portConflict(
    pod,
    others.map((other) => other.pod),
  );
  if (port) return refuse('NodePorts', `another pod of the node "${node.name}" has the port ${port} of the machine`);
  return roomFor(pod, others, node.room);
}

const refuse = (reason: string, why: string): Admission => ({
  admitted: false,
  ending: { reason, message: `Pod was rejected: ${why}` },
});

function roomFor(pod: Pod, others: readonly Booked[], room: Amounts): Admission {
  const lacks = lacking(pod, others, room);
  const [first] = lacks;
  if (!first) return { admitted: true, preempt: [] };
  const victims = isCritical(pod) ? victimsFor(pod, others, room) : undefined;
  if (victims) return { admitted: true, preempt: victims.map((victim) => podKey(victim.pod).uid) };
  return refuse(`OutOf${first.name}`, lack(first.name, first.requested, first.used, first.capacity));
}

interface Lack {
  readonly name: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

function lacking(pod: Pod, others: readonly Booked[], room: Amounts): Lack[] {
  return Object.entries(requestsOf(pod)).flatMap(([name, requested]) => {
    const capacity = room[name];
    if (capacity === undefined || requested === 0) return [];
    const used = heldOf(name, others);
    return requested + used > capacity ? [{ name, requested, used, capacity }] : [];
  });
}

const FILE_SOURCE = 'kubernetes.io/config.source';

/** Kubernetes, "Guaranteed Scheduling For Critical Add-On Pods": static pods, and those of the system's classes. */
export const isCritical = (pod: Pod): boolean =>
  pod.metadata?.annotations?.[FILE_SOURCE] === 'file' || (specOf(pod).priority ?? 0) >= CRITICAL_PRIORITY;

/** The least important pods that make room together; undefined when not even all of them would. */
function victimsFor(pod: Pod, others: readonly Booked[], room: Amounts): Booked[] | undefined {
  const weight = (one: Booked) => specOf(one.pod).priority ?? 0;
  const below = others
    .filter((other) => !isCritical(other.pod))
    .sort((a, b) => bandRank(bandOf(weight(b))) - bandRank(bandOf(weight(a))) || weight(a) - weight(b));
  const fits = (gone: readonly Booked[]) =>
    lacking(
      pod,
      others.filter((other) => !gone.includes(other)),
      room,
    ).length === 0;
  if (!fits(below)) return undefined;
  let victims = below.slice(0, 1 + below.findIndex((_, index) => fits(below.slice(0, index + 1))));
  // Who need not go after all stays, the most important first.
  for (const victim of [...victims].reverse()) {
    const fewer = victims.filter((one) => one !== victim);
    if (fits(fewer)) victims = fewer;
  }
  return victims;
}
