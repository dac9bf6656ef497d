import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Orders } from './orders.ts';

const CHILD = fileURLToPath(new URL('./load-child.ts', import.meta.url));

interface Outcome {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Burdens the API from a process of its own. Owns: the process and the orders under way; `end` ends them. */
export class Load {
  readonly #child: ChildProcess = fork(CHILD, { serialization: 'advanced' });
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #next = 1;

  constructor() {
    this.#child.on('message', (outcome: Outcome) => {
      this.#waiting.get(outcome.id)?.(outcome);
      this.#waiting.delete(outcome.id);
    });
    this.#child.once('exit', (code) => {
      for (const [id, tell] of this.#waiting) tell({ id, error: `the process that makes the load ended with ${code}` });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  do<O extends Order>(order: O, argument: Parameters<Orders[O]>[0]): ReturnType<Orders[O]> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => (error ? reject(new Error(error)) : resolve(value as never)));
      this.#child.send({ id, order, argument });
    }) as ReturnType<Orders[O]>;
  }

  end(): void {
    this.#child.disconnect();
  }
}
