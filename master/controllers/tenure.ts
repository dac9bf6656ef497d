import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Term } from '../leadership.ts';
import {
  type DeleteOptions,
  Deposed,
  type Objects,
  type UpdateOptions,
  type WriteContext,
} from '../objects/objects.ts';

const RETRY_MS = 1_000;

export interface TenureOptions {
  readonly objects: Objects;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes what is led, in the order in which it begins. It writes through `objects` alone. Called once. */
  readonly parts: (objects: Objects) => readonly Service[];
}

/**
 * What one master of a cell does at a time: begun with each term of its leadership, and ended, in reverse, before the next one.
 * Whatever its parts write is written under the term that lasts, and nothing is without one.
 *
 * Owns: the parts, and the turns in which they begin and end. Invariant: they begin only when all that an earlier term had under
 * way has come to its end.
 */
export class Tenure implements Service {
  readonly #options: TenureOptions;
  readonly #objects: ObjectsInTerm;
  readonly #parts: readonly Service[];
  #begun: Service[] = [];
  #turns: Promise<void> = Promise.resolve();

  constructor(options: TenureOptions) {
    this.#options = options;
    this.#objects = new ObjectsInTerm(options.objects);
    this.#parts = options.parts(this.#objects);
  }

  async start(): Promise<void> {}

  /** The parts run from now on, until the term ends. */
  lead(term: Term): void {
    void this.#take(() => this.#begin(term));
    term.signal.addEventListener('abort', () => void this.#take(() => this.#end()), { once: true });
  }

  async stop(): Promise<void> {
    await this.#take(() => this.#end());
  }

  #take(turn: () => Promise<void>): Promise<void> {
    this.#turns = this.#turns.then(turn);
    return this.#turns;
  }

  /** Never rejects: a part that cannot begin is tried again while the term lasts. */
  async #begin(term: Term): Promise<void> {
    const { clock, log } = this.#options;
    while (!term.signal.aborted) {
      this.#objects.term = term;
      try {
        for (const part of this.#parts) {
          this.#begun.push(part);
          await part.start();
        }
        return;
      } catch (error) {
        log.error({ err: error }, 'what this master is to run as leader could not begin; trying again');
        await this.#end();
        await sleep(clock, RETRY_MS, term.signal).catch(() => undefined);
      }
    }
  }

  /** Never rejects. */
  async #end(): Promise<void> {
    for (const part of this.#begun.splice(0).reverse()) {
      await part.stop().catch((error) => this.#options.log.error({ err: error }, 'a part did not end as it should'));
    }
    this.#objects.term = undefined;
  }
}

/** The way to write of whoever leads. Rejects with `Deposed` without asking the store once it is known that the term is over. */
class ObjectsInTerm implements Objects {
  readonly #objects: Objects;
  term: Term | undefined;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  async create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T> {
    return this.#objects.create(resource, object, this.#inTerm(context));
  }

  async update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    context: WriteContext,
    options?: UpdateOptions,
  ): Promise<T> {
    return this.#objects.update(resource, namespace, name, change, this.#inTerm(context), options);
  }

  async delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    context: WriteContext,
    options?: DeleteOptions,
  ): Promise<{ object: T; gone: boolean }> {
    return this.#objects.delete(resource, namespace, name, this.#inTerm(context), options);
  }

  #inTerm(context: WriteContext): WriteContext {
    const { term } = this;
    if (!term || term.signal.aborted) throw new Deposed(`Did not write: ${context.user} leads no longer.`);
    return { ...context, fence: term.fence };
  }
}
