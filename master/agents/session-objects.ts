import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import {
  type DeleteOptions,
  Deposed,
  type Objects,
  type UpdateOptions,
  type WriteContext,
} from '../objects/objects.ts';
import type { Compare } from '../store/store.ts';

/**
 * The way to write of one agent's session. Once the session has a fence all is written with it, and the first write that fails for it
 * tells that another master has a newer session of the node.
 */
export class SessionObjects implements Objects {
  readonly #objects: Objects;
  readonly #displaced: () => void;
  fence: Compare | undefined;

  constructor(objects: Objects, displaced: () => void) {
    this.#objects = objects;
    this.#displaced = displaced;
  }

  create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T> {
    return this.#heard(this.#objects.create(resource, object, this.#fenced(context)));
  }

  update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    context: WriteContext,
    options?: UpdateOptions,
  ): Promise<T> {
    return this.#heard(this.#objects.update(resource, namespace, name, change, this.#fenced(context), options));
  }

  delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    context: WriteContext,
    options?: DeleteOptions,
  ): Promise<{ object: T; gone: boolean }> {
    return this.#heard(this.#objects.delete(resource, namespace, name, this.#fenced(context), options));
  }

  #fenced(context: WriteContext): WriteContext {
    return this.fence ? { ...context, fence: this.fence } : context;
  }

  async #heard<R>(write: Promise<R>): Promise<R> {
    try {
      return await write;
    } catch (error) {
      if (error instanceof Deposed) this.#displaced();
      throw error;
    }
  }
}
