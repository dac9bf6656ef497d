import { bandOf, bandRank } from '../../api/scheduling/bands.ts';

/** A pod that could be ended to relieve the machine. */
export interface Candidate {
  readonly uid: string;
  readonly priority: number;
  /** Of what is short: what it uses, and what it asked for. */
  readonly used: number;
  readonly requested: number;
}

/** Kubernetes' system classes begin here: such pods are not evicted ("Node-pressure Eviction", "Pod selection"). */
export const CRITICAL_PRIORITY = 2_000_000_000;

/**
 * Who goes first: the lowest band (free, batch, production, monitoring), so that production goes last whatever it uses; within one
 * the pods that use more than they asked for, then the lower priority, then who uses most beyond his request. Who uses nothing of
 * what is short would help nobody.
 */
export function evictionOrder(pods: readonly Candidate[]): Candidate[] {
  return pods
    .filter(({ priority, used }) => priority < CRITICAL_PRIORITY && used > 0)
    .sort(
      (a, b) =>
        bandRank(bandOf(b.priority)) - bandRank(bandOf(a.priority)) ||
        Number(beyond(b) > 0) - Number(beyond(a) > 0) ||
        a.priority - b.priority ||
        beyond(b) - beyond(a) ||
        (a.uid < b.uid ? -1 : 1),
    );
}

const beyond = ({ used, requested }: Candidate): number => used - requested;
