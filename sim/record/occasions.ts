import { isDone, OpenCalls } from '../checkers/calls.ts';
import { list, text, uidOf } from '../checkers/fields.ts';
import type { Observation } from '../history.ts';

/** What a run has to contain for its checkers to have something to judge. */
const OCCASIONS = [
  'evictions',
  'evictions refused',
  'preemptions',
  'resizes',
  'quota refusals',
  'quotas changed',
  'nodes given up',
  'conflicts',
] as const;

export type Occasion = (typeof OCCASIONS)[number];

/** Counts them as they happen. Owns the pods that were seen to be pushed out. */
export class Occasions {
  readonly counts = new Map<Occasion, number>(OCCASIONS.map((name) => [name, 0]));
  readonly #calls = new OpenCalls();
  readonly #pushedOut = new Set<string>();

  take(seen: Observation): void {
    const asked = this.#calls.take(seen);
    if (asked && seen.type === 'answered') this.#answered(asked, seen);
    if (seen.type !== 'told' || seen.object.kind !== 'Pod' || seen.change !== 'MODIFIED') return;
    const marks = list(seen.object, 'status', 'conditions');
    const isVictim = marks.some(({ reason }) => reason === 'PreemptionByScheduler');
    if (!isVictim || this.#pushedOut.has(uidOf(seen.object))) return;
    this.#pushedOut.add(uidOf(seen.object));
    this.#count('preemptions');
  }

  #answered(asked: Extract<Observation, { type: 'asked' }>, answer: Extract<Observation, { type: 'answered' }>): void {
    const { verb, target } = asked;
    const done = isDone(answer);
    if (verb === 'evict' && (done || answer.code === 429)) this.#count(done ? 'evictions' : 'evictions refused');
    if (verb === 'patch' && target.resource === '/pods' && done) this.#count('resizes');
    if (verb === 'update' && target.resource.endsWith('quotas') && done) this.#count('quotas changed');
    if (verb === 'delete' && target.resource === '/nodes' && done) this.#count('nodes given up');
    if (verb === 'update' && answer.code === 409) this.#count('conflicts');
    if (answer.code === 403 && text(answer.object, 'message').includes('exceeded quota')) this.#count('quota refusals');
  }

  #count(occasion: Occasion): void {
    this.counts.set(occasion, (this.counts.get(occasion) ?? 0) + 1);
  }
}
