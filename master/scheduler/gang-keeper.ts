import type { Decision, GangPhase } from './decision.ts';
import { EXPLAIN_INTERVAL_MS } from './explanations.ts';
import { deadlineMs, entryOf, type Gang, incompleteMessage, missingMembers, stateOf } from './gang.ts';
import type { Place } from './gang-placement.ts';
import type { PendingPods } from './pending-pods.ts';
import type { Pods } from './pods.ts';
import type { SchedulerState } from './scheduler-state.ts';
import type { Teller } from './teller.ts';

/** What the pods of a gang get to arrive before those who are there are told that others are not. */
const ARRIVAL_MS = 1000;

/**
 * Sees to it that gangs are tried when they can be, and that they and their pods are told how they are doing.
 *
 * Owns: what a gang waits for, since when, what it has been told and will be, and whether it or its pods are in the queue.
 */
export class GangKeeper {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #pods: Pods;
  readonly #teller: Teller;
  readonly #review = (gang: Gang) => this.#lookAt(gang);

  constructor(state: SchedulerState, pending: PendingPods, pods: Pods, teller: Teller) {
    this.#state = state;
    this.#pending = pending;
    this.#pods = pods;
    this.#teller = teller;
  }

  /** To be called before the queue is asked: gangs have gained or lost pods, or their objects have changed. */
  review(): void {
    this.#state.gangs.review(this.#review);
  }

  /** All of them have places. */
  bind(gang: Gang, places: readonly Place[], decisions: Decision[]): void {
    for (const { pending, slot } of places) this.#pods.bind(pending, slot, decisions);
    this.#tellGroup(gang, 'Scheduled', `${places.length} pods placed together`, decisions);
    this.#satisfy(gang);
    this.#state.gangs.changed(gang);
  }

  /** The gang and its pods are to be told why they wait: after a while, and not too often. */
  owe(gang: Gang, why: string, delayMs: number): void {
    const { gangs, nowMs } = this.#state;
    gang.why = why;
    gang.tellAtMs = Math.min(gang.tellAtMs, Math.max(nowMs + delayMs, gang.toldAtMs + EXPLAIN_INTERVAL_MS));
    gangs.watch(gang);
  }

  /** Tells those whose time has come. */
  tell(decisions: Decision[]): void {
    const { gangs, nowMs } = this.#state;
    for (const gang of gangs.due(nowMs)) {
      if (deadlineMs(gang) <= nowMs) this.#timeOut(gang);
      this.#tellWhy(gang, decisions);
      gangs.watch(gang);
    }
  }

  /** Puts into the queue what is to be tried of the gang: its pods when it has its places, itself when it is to get them. */
  #lookAt(gang: Gang): void {
    const { queue, gangs, nowMs } = this.#state;
    // Fewer than are needed would be of no use.
    if (missingMembers(gang) > gang.held.size) for (const uid of [...gang.held]) this.#pending.cancelFor(uid);
    const state = stateOf(gang);
    for (const pending of gang.waiting.values()) {
      if (state !== 'open') queue.remove(pending.uid);
      else if (!queue.get(pending.uid)) queue.add(pending);
    }
    queue.remove(gang.uid);
    // What it was to be told is not true any more.
    if (gang.isIncomplete && state !== 'incomplete') owesNothing(gang);
    gang.isIncomplete = state === 'incomplete';
    if (state === 'ready') this.#pending.lineUpGang(entryOf(gang));
    if (state === 'incomplete') this.owe(gang, incompleteMessage(gang), ARRIVAL_MS);
    if (state === 'idle' || state === 'open') this.#satisfy(gang);
    else gang.waitingSinceMs ??= nowMs;
    gangs.watch(gang);
    gangs.forgetIfIdle(gang);
  }

  /** It waits for nothing. */
  #satisfy(gang: Gang): void {
    gang.waitingSinceMs = undefined;
    gang.hasTimedOut = false;
    gang.notBeforeMs = 0;
    owesNothing(gang);
    // Its places may have come about in another way than by a decision.
    const isToldOtherwise = gang.told !== undefined && gang.told.phase !== 'Scheduled';
    if (gang.placed.size > 0 && isToldOtherwise) gang.tellAtMs = this.#state.nowMs;
    gang.toldAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Its time is over: others come first for a while. Then it starts anew. */
  #timeOut(gang: Gang): void {
    const { queue, backOff, nowMs } = this.#state;
    gang.hasTimedOut = true;
    gang.waitingSinceMs = nowMs;
    const entry = queue.get(gang.uid);
    if (entry) backOff.delay(entry, nowMs);
  }

  #tellWhy(gang: Gang, decisions: Decision[]): void {
    const { why, waiting, placed, hasTimedOut, spec } = gang;
    if (why !== undefined) for (const pending of waiting.values()) this.#teller.tell(pending, why, decisions);
    const timeOut = `not placed within ${(spec?.timeoutMs ?? 0) / 1000} s`;
    if (hasTimedOut) this.#tellGroup(gang, 'TimedOut', why ? `${timeOut}: ${why}` : timeOut, decisions);
    else if (why !== undefined) this.#tellGroup(gang, 'Pending', why, decisions);
    else this.#tellGroup(gang, 'Scheduled', `${placed.size} pods have their places`, decisions);
    gang.toldAtMs = this.#state.nowMs;
    gang.tellAtMs = Number.POSITIVE_INFINITY;
  }

  #tellGroup(gang: Gang, phase: GangPhase, message: string, decisions: Decision[]): void {
    const { namespace, reference: group, spec, told } = gang;
    if (!spec || (told?.phase === phase && told.message === message)) return;
    gang.told = { phase, message };
    decisions.push({ type: 'group', namespace, group, phase, message });
  }
}

function owesNothing(gang: Gang): void {
  gang.why = undefined;
  gang.tellAtMs = Number.POSITIVE_INFINITY;
}
