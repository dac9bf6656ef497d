import type { PendingPods } from './pending-pods.ts';
import type { SchedulerState } from './scheduler-state.ts';

/**
 * Rouses those who wait when something has changed that may help them.
 *
 * Owns: how much of what changes in the cell they have been told of.
 */
export class Hope {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  #cellSeen = 0;
  #reliefSeen = 0;
  #namespacesSeen = 0;

  constructor(state: SchedulerState, pending: PendingPods) {
    this.#state = state;
    this.#pending = pending;
  }

  /** Returns whether some node has more room than before, or has changed itself. */
  rouse(): boolean {
    const { world, queue } = this.#state;
    const { cell, namespacesVersion } = world;
    if (this.#namespacesSeen !== namespacesVersion) {
      this.#namespacesSeen = namespacesVersion;
      this.#pending.wakeParked();
    }
    this.#pending.wakeClaimants(world.volumes.takeStirred());
    if (this.#cellSeen === cell.now) return false;
    const relieved: string[] = [];
    cell.relievedSince(this.#reliefSeen, (slot) => relieved.push(cell.nameAt(slot)));
    this.#cellSeen = cell.now;
    this.#reliefSeen = cell.relieved;
    queue.hope({ relieved });
    return relieved.length > 0;
  }

  /** What is tried and undone is no news to anybody. */
  unnoticed<T>(trial: () => T): T {
    const { cell, volumes } = this.#state.world;
    const [isAllSeen, isReliefSeen] = [this.#cellSeen === cell.now, this.#reliefSeen === cell.relieved];
    this.#pending.wakeClaimants(volumes.takeStirred());
    const outcome = trial();
    volumes.takeStirred();
    if (isAllSeen) this.#cellSeen = cell.now;
    if (isReliefSeen) this.#reliefSeen = cell.relieved;
    return outcome;
  }
}
