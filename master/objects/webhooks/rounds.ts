import type { Concerned } from './hook-index.ts';

/**
 * In which order mutating webhooks are asked: all of them, and then once more those that wish it (`reinvocationPolicy: IfNeeded`) and
 * after whom somebody else changed the object (Kubernetes docs, "Dynamic Admission Control", reinvocation policy).
 *
 * Owns: who was asked and would be asked again, and who must be.
 */
export class Rounds {
  readonly #all: readonly Concerned[];
  readonly #willing: Concerned[] = [];
  readonly #again = new Set<Concerned>();

  constructor(all: readonly Concerned[]) {
    this.#all = all;
  }

  /** Who is to be asked in a round, in order. Found as it goes: what happens in the second round may bring in others that follow. */
  *due(round: 0 | 1): Generator<Concerned> {
    for (const concerned of this.#all) if (round === 0 || this.#again.has(concerned)) yield concerned;
  }

  asked(concerned: Concerned, hasChanged: boolean): void {
    if (hasChanged) this.changedByOthers();
    if (concerned.hook.isReinvoked) this.#willing.push(concerned);
  }

  /** All who were asked so far have not seen what there is now. */
  changedByOthers(): void {
    for (const concerned of this.#willing) this.#again.add(concerned);
  }
}
