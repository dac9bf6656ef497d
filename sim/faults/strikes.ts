interface Strike {
  readonly event: number;
  readonly fn: () => void;
}

/** What happens right before an event of a certain number. Owns what has not happened yet; those of one number happen in the order of planning. */
export class Strikes {
  #waiting: Strike[] = [];
  #next = Number.POSITIVE_INFINITY;

  at(event: number, fn: () => void): { cancel(): void } {
    const strike = { event, fn };
    this.#waiting.push(strike);
    this.#next = Math.min(this.#next, event);
    return { cancel: () => this.#set(this.#waiting.filter((one) => one !== strike)) };
  }

  /** So many events have happened. */
  due(events: number): void {
    if (events < this.#next) return;
    const struck = this.#waiting.filter(({ event }) => event <= events);
    this.#set(this.#waiting.filter(({ event }) => event > events));
    for (const { fn } of struck) fn();
  }

  clear(): void {
    this.#set([]);
  }

  #set(waiting: Strike[]): void {
    this.#waiting = waiting;
    this.#next = Math.min(...waiting.map(({ event }) => event));
  }
}
