/**
 * Lets at most so many pieces of work run at once. The others wait their turn: higher rank first, then first come first
 * served.
 */
export class Limiter {
  private free: number;
  private readonly waiting: { readonly rank: number; readonly go: () => void }[] = [];

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  async run<T>(work: () => Promise<T>, rank = 0): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await this.turn(rank);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The turn passes on directly, so that nobody can slip in between.
      if (next) next.go();
      else this.free += 1;
    }
  }

  private turn(rank: number): Promise<void> {
    return new Promise((go) => {
      const behind = this.waiting.findIndex((other) => other.rank < rank);
      this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, { rank, go });
    });
  }
}
