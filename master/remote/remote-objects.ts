import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { conflict, isApiError } from '../../api/meta/errors.ts';
import { type ApiObject, metaOf, nameOf } from '../../api/meta/object.ts';
import { mergePatchBetween } from '../../api/meta/patch/merge-diff.ts';
import type { DeleteOptions, Objects, UpdateOptions, WriteContext } from '../objects/objects.ts';
import { pathOf, type RemoteApi } from './remote-api.ts';
import type { RemoteCache } from './remote-cache.ts';

const MERGE_PATCH = 'application/merge-patch+json';
/** Changes are decided again on what won a race this often. */
const TRIES = 5;
/** Objects remembered that were made here and that the cache does not hold. */
const MAX_MADE = 4096;

/**
 * Writes objects through an API server, under the name its credentials give it. Every update compares the version it was decided on;
 * no fence is compared, for a server knows of none.
 *
 * Owns: the newest state of objects it has made of kinds that the cache does not hold, so that it can change them without reading
 * them (which schedulers may not do with events). Bounded.
 */
export class RemoteObjects implements Objects {
  readonly #api: RemoteApi;
  readonly #cache: RemoteCache;
  readonly #made = new Map<string, ApiObject>();

  constructor(api: RemoteApi, cache: RemoteCache) {
    this.#api = api;
    this.#cache = cache;
  }

  async create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, _context: WriteContext): Promise<T> {
    const made = await this.#api.call<T>('POST', pathOf(resource, metaOf(object).namespace), { body: object });
    this.#remember(resource, made);
    return made;
  }

  async update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    _context: WriteContext,
    options: UpdateOptions = {},
  ): Promise<T> {
    let current = this.#known(resource, namespace, name) ?? (await this.#read(resource, namespace, name));
    for (let tries = 1; ; tries++) {
      assertSame(resource, current, options);
      try {
        return await this.#put(resource, current, change, options);
      } catch (error) {
        const lostRace = isApiError(error, 'Conflict') && options.part !== 'binding';
        if (!lostRace || tries >= TRIES || options.preconditions?.resourceVersion) throw error;
        current = await this.#read(resource, namespace, name);
      }
    }
  }

  async delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    _context: WriteContext,
    options: DeleteOptions = {},
  ): Promise<{ object: T; gone: boolean }> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    const answer = await this.#api.call<ApiObject>('DELETE', pathOf(resource, namespace, name), { body });
    // A Status says that it is gone; the object itself, that something holds it.
    return { object: answer as T, gone: answer.kind === 'Status' };
  }

  async #put<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    current: T,
    change: (current: T) => T | void,
    { part = 'main', pure }: UpdateOptions,
  ): Promise<T> {
    const copy = pure ? current : structuredClone(current);
    const next = change(copy) ?? copy;
    if (part === 'binding') return this.#bind(resource, next);
    const patch = mergePatchBetween(...within(part, current, next));
    if (!patch) return current;
    const { namespace, name, uid, resourceVersion } = metaOf(current);
    const path = pathOf(resource, namespace, name) + (part === 'main' ? '' : `/${part}`);
    const body = { ...patch, metadata: { ...(patch.metadata as object), uid, resourceVersion } };
    const stored = await this.#api.call<T>('PATCH', path, { body, contentType: MERGE_PATCH });
    this.#remember(resource, stored);
    return stored;
  }

  /** The server says no (409) where the pod is bound already, is another one or is being deleted. */
  async #bind<T extends ApiObject>(resource: ResourceDefinition<T>, pod: T): Promise<T> {
    const { namespace, name, uid } = metaOf(pod);
    const target = { apiVersion: 'v1', kind: 'Node', name: (pod as { spec?: { nodeName?: string } }).spec?.nodeName };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target };
    await this.#api.call('POST', `${pathOf(resource, namespace, name)}/binding`, { body });
    return pod;
  }

  #known<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    if (this.#cache.holds(resource)) return this.#cache.get(resource, namespace, name);
    return this.#made.get(pathOf(resource, namespace, name)) as T | undefined;
  }

  #read<T extends ApiObject>(resource: ResourceDefinition<T>, namespace: string | undefined, name: string): Promise<T> {
    return this.#api.call<T>('GET', pathOf(resource, namespace, name));
  }

  #remember<T extends ApiObject>(resource: ResourceDefinition<T>, object: T): void {
    if (this.#cache.holds(resource)) return;
    const { namespace, name } = metaOf(object);
    this.#made.set(pathOf(resource, namespace, name), object);
    if (this.#made.size > MAX_MADE) this.#made.delete(this.#made.keys().next().value!);
  }
}

/** What a write of the part may change. */
const within = (part: UpdateOptions['part'], current: ApiObject, next: ApiObject): [object, object] =>
  part === 'status' ? [{ status: statusOf(current) }, { status: statusOf(next) }] : [current, next];

const statusOf = (object: ApiObject) => (object as { status?: unknown }).status;

function assertSame(resource: ResourceDefinition<never>, current: ApiObject, { preconditions }: UpdateOptions): void {
  const { uid, resourceVersion } = metaOf(current);
  const { uid: wanted = uid, resourceVersion: version = resourceVersion } = preconditions ?? {};
  if (wanted !== uid) throw conflict(resource, nameOf(current), `the uid is ${uid}, not ${wanted}`);
  if (version !== resourceVersion) throw conflict(resource, nameOf(current), 'the object has been modified');
}
