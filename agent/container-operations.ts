import type { Clock } from '../platform/clock.ts';
import type { ContainerStore } from './container-store.ts';
import { Limiter } from './limiter.ts';
import type { Observer } from './observe.ts';
import { type ContainerRuntime, type ContainerSpec, isRuntimeError } from './runtime.ts';

/** Pods that have begun are finished before others begin, so that of many pods the first run soon. */
export const RANK = { makeSandbox: 0, startSandbox: 1, remove: 1, make: 2, start: 3 } as const;

export interface OperationParts {
  /** How many containers are made, started or removed at once. */
  readonly operationsAtOnce: number;
  readonly runtime: ContainerRuntime;
  readonly store: ContainerStore;
  readonly observer: Pick<Observer, 'expecting' | 'look'>;
  readonly clock: Clock;
}

/**
 * What is done to single containers, with the store told at once rather than when the event arrives. All pods share one
 * bound. Rejects with the runtime's errors.
 */
export class ContainerOperations {
  private readonly parts: OperationParts;
  private readonly limiter: Limiter;

  constructor(parts: OperationParts) {
    this.parts = parts;
    this.limiter = new Limiter(parts.operationsAtOnce);
  }

  /** Makes a container, or takes over the one that an earlier try, whose answer was lost, has made. */
  async create(spec: ContainerSpec, rank: number): Promise<void> {
    const { runtime, store, clock } = this.parts;
    try {
      const id = await this.limiter.run(() => runtime.create(spec), rank);
      const { name, image, labels } = spec;
      store.apply({ type: 'created', id, name, image, labels, atMs: clock.now() });
    } catch (error) {
      if (!isRuntimeError(error, 'conflict')) throw error;
      const there = await runtime.inspect(spec.name);
      if (!there) throw error;
      store.note(there);
      if (!store.get(there.id)) await runtime.remove(there.id);
    }
  }

  /** Starts a container and takes over what only an inspection tells: address, image, process id. */
  async start(id: string, rank: number): Promise<void> {
    const { runtime, observer } = this.parts;
    await observer.expecting(id, async () => {
      await this.limiter.run(() => runtime.start(id), rank);
      await observer.look(id);
    });
  }

  async kill(id: string): Promise<void> {
    try {
      await this.parts.runtime.kill(id);
    } catch (error) {
      if (!isRuntimeError(error, 'not-found')) throw error;
      this.parts.store.forget(id);
    }
  }

  async remove(id: string): Promise<void> {
    await this.limiter.run(() => this.parts.runtime.remove(id), RANK.remove);
    this.parts.store.forget(id);
  }
}
