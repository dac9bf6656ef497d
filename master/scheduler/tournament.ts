/** Score of a slot that may not be chosen. */
export const INFEASIBLE = -1;

/**
 * Finds the slot with the highest score among many whose scores change one at a time: a binary tree in which every inner node
 * holds the winner of the two below. Changing a score costs log2(slots); reading the best costs nothing. Of equals the lowest
 * slot wins, so results do not depend on the order of changes.
 *
 * Owns: the scores (>= 0, or {@link INFEASIBLE}).
 */
export class Tournament {
  #leaves = 1;
  #scores = new Float64Array([INFEASIBLE]);
  #winners = new Int32Array(2);
  /** How many slots are feasible. */
  feasible = 0;

  /** The best slot, or -1 when none is feasible. */
  get best(): number {
    const winner = this.#winners[1]!;
    return this.#scores[winner]! === INFEASIBLE ? -1 : winner;
  }

  score(slot: number): number {
    return this.#scores[slot] ?? INFEASIBLE;
  }

  set(slot: number, score: number): void {
    if (slot >= this.#leaves) this.#grow(slot + 1);
    const before = this.#scores[slot]!;
    if (before === score) return;
    if (before === INFEASIBLE) this.feasible++;
    else if (score === INFEASIBLE) this.feasible--;
    this.#scores[slot] = score;
    for (let at = (this.#leaves + slot) >> 1; at >= 1; at >>= 1) {
      const winner = this.#play(at);
      // A contest that this slot neither won nor wins cannot change those above it.
      if (this.#winners[at] === winner && winner !== slot) return;
      this.#winners[at] = winner;
    }
  }

  #play(at: number): number {
    const left = this.#entrant(2 * at);
    const right = this.#entrant(2 * at + 1);
    return this.#scores[right]! > this.#scores[left]! ? right : left;
  }

  #entrant(at: number): number {
    return at >= this.#leaves ? at - this.#leaves : this.#winners[at]!;
  }

  #grow(slots: number): void {
    let leaves = this.#leaves;
    while (leaves < slots) leaves *= 2;
    const scores = new Float64Array(leaves).fill(INFEASIBLE);
    scores.set(this.#scores);
    this.#scores = scores;
    this.#leaves = leaves;
    this.#winners = new Int32Array(Math.max(2, leaves));
    for (let at = leaves - 1; at >= 1; at--) this.#winners[at] = this.#play(at);
  }
}
