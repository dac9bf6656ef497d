import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { LabelSelector } from '../../../api/meta/selector.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import type { Decision } from './decision.ts';

/** What a controller sees: the cache, and quick access to objects that nobody controls. */
export interface ControllerView extends CacheReader {
  /** Objects of the namespace that the selector matches and that have no controlling owner. Pods and ReplicaSets only. */
  ownerless<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string,
    selector: LabelSelector | undefined,
  ): T[];
}

/** Which keys have to be looked at again when an object of this kind changes. */
export interface Watch {
  readonly resource: ResourceDefinition;
  /** Called once per change (and with `added` for all there is at the start), after the view has it. Must be quick. */
  keys(change: Change, view: ControllerView): readonly string[];
  /** The kind is followed no longer. */
  ended?(): void;
}

/**
 * One concern, as a function from what is to what should be done. `reconcile` is synchronous and pure: same view, key, time and
 * rng, same decisions. Of a state that is as it should be it decides nothing.
 */
export interface Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  /**
   * For concerns of every kind: asked for each kind whose objects are kept, also for those that come later. Undefined: this kind is of
   * no concern.
   */
  watchKind?(resource: ResourceDefinition): Watch | undefined;
  reconcile(view: ControllerView, key: string, nowMs: number, rng: Rng): Decision[];
}

export function watch<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  keys: (change: Change<T>, view: ControllerView) => readonly string[],
): Watch {
  return { resource, keys: (change, view) => keys(change as Change<T>, view) };
}

/** Watches a kind whose objects are themselves the keys. */
export const watchSelf = <T extends ApiObject>(resource: ResourceDefinition<T>): Watch =>
  watch(resource, ({ object }) => [keyOf(object)]);

/** `namespace/name`, or `name` for cluster-wide kinds. */
export function keyOf(object: ApiObject): string {
  const { namespace, name = '' } = metaOf(object);
  return namespace ? `${namespace}/${name}` : name;
}

/** The object a key made by {@link keyOf} stands for. */
export function lookUp<T extends ApiObject>(
  view: CacheReader,
  resource: ResourceDefinition<T>,
  key: string,
): T | undefined {
  const slash = key.indexOf('/');
  return slash < 0 ? view.get(resource, undefined, key) : view.get(resource, key.slice(0, slash), key.slice(slash + 1));
}
