import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Service } from '../../../api/core/service.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';

type Selector = Readonly<Record<string, string>>;

interface Selection {
  readonly selector: Selector;
  /** Keys of pods: what they are now is read where it is needed. */
  readonly pods: Set<string>;
}

/** The selector of a service that somebody has to find the pods of; others have none, or stand for a name elsewhere. */
export function selectorOf({ spec }: Service): Selector | undefined {
  if (spec?.type === 'ExternalName') return undefined;
  return Object.keys(spec?.selector ?? {}).length > 0 ? spec?.selector : undefined;
}

const matches = (selector: Selector, labels: Selector | undefined): boolean =>
  Object.entries(selector).every(([key, value]) => labels?.[key] === value);

const labelPair = (namespace: string, key: string, value: string): string => `${namespace}/${key}=${value}`;

/**
 * Which pods each service selects, so that neither a change of a pod goes through all services nor a look at a service through all
 * pods.
 *
 * Owns: one selection per service with a selector; the services by one label that their pods must have; the services of each pod.
 * Invariant, once told of every service and every pod: a selection has exactly the pods of its namespace that its selector matches.
 */
export class Selections {
  readonly #selections = new Map<string, Selection>();
  readonly #byLabel = new Map<string, Set<string>>();
  readonly #ofPod = new Map<string, Set<string>>();

  /** Takes in a service's change; the pods of the namespace are gone through only when its selector is new. */
  serviceChanged(view: CacheReader, { type, object }: Change<Service>): void {
    const key = keyOf(object);
    const selector = type === 'deleted' ? undefined : selectorOf(object);
    const present = this.#selections.get(key);
    if (equalJson(present?.selector, selector)) return;
    if (present) this.#forget(object, key, present);
    if (selector) this.#select(view, object, key, selector);
  }

  /** Takes in a pod's change; the keys of the services that have, or had, the pod. `counts`: the change matters to them. */
  podChanged({ type, object, previous }: Change<Pod>, counts: boolean): string[] {
    // Then no service has the pod, nor comes to have it.
    if (this.isEmpty) return [];
    const pod = keyOf(object);
    const { labels } = metaOf(object);
    if (type === 'modified' && previous && equalJson(labels, metaOf(previous).labels)) {
      return counts ? this.keysOf(object) : [];
    }
    const before = new Set(this.#ofPod.get(pod));
    const after = type === 'deleted' ? new Set<string>() : this.#servicesFor(object);
    for (const key of before) if (!after.has(key)) this.#leave(pod, key);
    for (const key of after) if (!before.has(key)) this.#enter(pod, key);
    return [...new Set([...before, ...after])].filter((key) => counts || !before.has(key) || !after.has(key));
  }

  /** Whether no service selects pods. */
  get isEmpty(): boolean {
    return this.#selections.size === 0;
  }

  /** Services that select the pod. */
  keysOf(pod: Pod): string[] {
    return [...(this.#ofPod.get(keyOf(pod)) ?? [])];
  }

  /** The pods of a service as they are now, by name. */
  podsOf(view: CacheReader, service: Service): Pod[] {
    const { namespace = '' } = metaOf(service);
    const keys = [...(this.#selections.get(keyOf(service))?.pods ?? [])].sort();
    const found = keys.map((key) => view.get(pods, namespace, key.slice(namespace.length + 1)));
    return found.filter((pod) => pod !== undefined);
  }

  #select(view: CacheReader, service: Service, key: string, selector: Selector): void {
    const { namespace = '' } = metaOf(service);
    this.#selections.set(key, { selector, pods: new Set() });
    const pair = firstPair(namespace, selector);
    this.#byLabel.set(pair, (this.#byLabel.get(pair) ?? new Set()).add(key));
    for (const pod of view.list(pods, namespace)) {
      if (matches(selector, metaOf(pod).labels)) this.#enter(keyOf(pod), key);
    }
  }

  #forget(service: Service, key: string, { selector, pods: selected }: Selection): void {
    const pair = firstPair(metaOf(service).namespace ?? '', selector);
    const others = this.#byLabel.get(pair);
    others?.delete(key);
    if (others?.size === 0) this.#byLabel.delete(pair);
    for (const pod of selected) this.#leave(pod, key);
    this.#selections.delete(key);
  }

  #servicesFor(pod: Pod): Set<string> {
    const { namespace = '', labels = {} } = metaOf(pod);
    const found = new Set<string>();
    if (this.#byLabel.size === 0) return found;
    for (const [label, value] of Object.entries(labels)) {
      for (const key of this.#byLabel.get(labelPair(namespace, label, value)) ?? []) {
        if (matches(this.#selections.get(key)!.selector, labels)) found.add(key);
      }
    }
    return found;
  }

  #enter(pod: string, service: string): void {
    this.#selections.get(service)?.pods.add(pod);
    this.#ofPod.set(pod, (this.#ofPod.get(pod) ?? new Set()).add(service));
  }

  #leave(pod: string, service: string): void {
    this.#selections.get(service)?.pods.delete(pod);
    const services = this.#ofPod.get(pod);
    services?.delete(service);
    if (services?.size === 0) this.#ofPod.delete(pod);
  }
}

/** Under which label a service is found. Whatever the order of its keys, it must be the same one. */
function firstPair(namespace: string, selector: Selector): string {
  const [[key, value]] = Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : 1)) as [[string, string]];
  return labelPair(namespace, key, value);
}
