import type { Pod } from '../../api/core/pod.ts';
import type { Footprint } from './footprint.ts';

/** Later than every time. */
const NOT_YET = '~';

/**
 * A pod where it is, on its way there, or for whom the place is held.
 *
 * Owns: the pod as last told of, and what preemption asks of the pods of whole cells: to read that from each pod is slow.
 */
export class Resident {
  readonly uid: string;
  readonly priority: number;
  readonly footprint: Footprint;
  /** The place is held until those who are being evicted for it are gone. */
  readonly held: boolean;
  #pod: Pod;
  #started: string;

  constructor(pod: Pod, footprint: Footprint, held: boolean) {
    this.uid = pod.metadata?.uid ?? '';
    this.priority = pod.spec?.priority ?? 0;
    this.footprint = footprint;
    this.held = held;
    this.#pod = pod;
    this.#started = startOf(pod);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** When it started, as text that sorts by time; later than all others when it has not yet. */
  get started(): string {
    return this.#started;
  }

  /** There is news of the pod; its footprint is the same. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.#started = startOf(pod);
  }

  /** When it will be gone at the latest, as text that sorts by time; later than all others while it is not being deleted. */
  get goneBy(): string {
    return this.#pod.metadata?.deletionTimestamp ?? NOT_YET;
  }
}

const startOf = ({ status }: Pod): string => status?.startTime ?? NOT_YET;
