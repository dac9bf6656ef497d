import { pods } from '../../../api/core/pod.ts';
import { type ResourceDefinition, storeKey } from '../../../api/meta/definition.ts';
import { type ApiObject, controllerOf, metaOf } from '../../../api/meta/object.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import { type Rng, seededRng } from '../../../platform/rng.ts';
import { graceSeconds, onDeletionBegun } from '../../objects/grace.ts';
import { desiredStateChanged, markDeleted, mayGo, restrictToPart, stampNew } from '../../objects/metadata-rules.ts';
import type { DeleteOptions, UpdateOptions } from '../../objects/objects.ts';
import type { Change } from '../../store/cache.ts';
import type { Controller, ControllerView, Watch } from './controller.ts';
import type { Decision } from './decision.ts';

interface Entry {
  resource: ResourceDefinition;
  object: ApiObject;
}

const MAX_PASSES = 5_000;

/**
 * A cell in memory for tests of decisions: objects by the real rules of metadata, controllers run one pass at a time in an order
 * the test chooses, and a transcript of all that was decided. No promises, no time of its own.
 */
export class World implements ControllerView {
  nowMs = Date.parse('2030-01-01T00:00:00Z');
  revision = 0;
  readonly rng: Rng;
  /** One line per decision carried out. */
  readonly transcript: string[] = [];
  readonly #controllers: readonly Controller[];
  readonly #entries = new Map<string, Entry>();
  readonly #kindWatches = new Map<string, Watch | undefined>();
  readonly #due = new Map<string, { controller: Controller; key: string; atMs: number }>();
  /** Whatever was ever looked at. */
  readonly #asked = new Map<string, { controller: Controller; key: string }>();

  constructor(controllers: readonly Controller[], seed = 1) {
    this.#controllers = controllers;
    this.rng = seededRng(seed);
  }

  // ControllerView

  get<T extends ApiObject>(resource: ResourceDefinition<T>, namespace: string | undefined, name: string) {
    return this.#entries.get(storeKey(resource, namespace, name))?.object as T | undefined;
  }

  list<T extends ApiObject>(resource: ResourceDefinition<T>, namespace?: string): T[] {
    const all = [...this.#entries.values()].filter((entry) => entry.resource.plural === resource.plural);
    return all
      .map(({ object }) => object as T)
      .filter((object) => namespace === undefined || metaOf(object).namespace === namespace);
  }

  ownedBy<T extends ApiObject>(resource: ResourceDefinition<T>, ownerUid: string): T[] {
    return this.list(resource).filter((object) => controllerOf(object)?.uid === ownerUid);
  }

  dependentsOf(ownerUid: string) {
    return [...this.#entries.values()].filter(({ object }) =>
      metaOf(object).ownerReferences?.some(({ uid }) => uid === ownerUid),
    );
  }

  podsOn(nodeName: string) {
    return this.list(pods).filter((pod) => pod.spec?.nodeName === nodeName);
  }

  ownerless<T extends ApiObject>(resource: ResourceDefinition<T>, namespace: string, selector?: LabelSelector): T[] {
    return this.list(resource, namespace).filter(
      (object) => !controllerOf(object) && matchesLabelSelector(selector, metaOf(object).labels),
    );
  }

  // What happens from outside

  create<T extends ApiObject>(resource: ResourceDefinition<T>, given: T): T {
    const object = structuredClone(given);
    stampNew(resource, object, this.rng.uuid(), this.nowMs);
    resource.prepareForCreate?.(object);
    resource.setDefaults(object);
    const { namespace, name = '' } = metaOf(object);
    const key = storeKey(resource, namespace, name);
    if (this.#entries.has(key)) throw new Error(`${key} exists already`);
    return this.#store(key, resource, object, undefined);
  }

  update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    target: ApiObject,
    change: (object: T) => void,
    part: NonNullable<UpdateOptions['part']> = 'main',
  ): void {
    const { key, object } = this.#find(resource, target);
    const edited = structuredClone(object) as T;
    change(edited);
    this.#write(key, resource, restrictToPart(resource, edited, object as T, part), object);
  }

  setStatus<T extends ApiObject & { status?: object }>(
    resource: ResourceDefinition<T>,
    target: ApiObject,
    status: T['status'],
  ) {
    this.update(
      resource,
      target,
      (object) => {
        object.status = { ...object.status, ...status };
      },
      'status',
    );
  }

  delete(resource: ResourceDefinition, target: ApiObject, options: DeleteOptions = {}): void {
    const { key, object } = this.#find(resource, target);
    const grace = graceSeconds(resource, object, options);
    this.#write(key, resource, onDeletionBegun(resource, markDeleted(object, grace, options, this.nowMs)), object);
  }

  /** Time passes; what was to wake up by then is due. */
  advance(ms: number): void {
    this.nowMs += ms;
  }

  // The controllers

  /** Controllers and keys that are due, in order of arrival. */
  get due(): { controller: Controller; key: string }[] {
    return [...this.#due.values()].filter(({ atMs }) => atMs <= this.nowMs);
  }

  /** Every controller with every key that it was ever to look at. */
  get asked(): { controller: Controller; key: string }[] {
    return [...this.#asked.values()];
  }

  /** All there is. */
  get everything(): { resource: ResourceDefinition; object: ApiObject }[] {
    return [...this.#entries.values()];
  }

  /** What the controller would do for the key now; nothing is done. */
  decide(controller: Controller, key: string): Decision[] {
    return controller.reconcile(this, key, this.nowMs, this.rng);
  }

  /** One pass of one of the due keys: decide, do. False when nothing was due. */
  step(choice = 0): boolean {
    return this.#pass(choice, () => true);
  }

  /** A pass that a crash cuts off: some of its decisions, chosen by the rng, are never carried out; then it starts over. */
  stepAndCrash(choice = 0): void {
    const next = this.due[choice % Math.max(1, this.due.length)];
    this.#pass(choice, () => this.rng.next() < 0.5);
    if (next) this.#enqueue(next.controller, next.key, this.nowMs);
  }

  #pass(choice: number, survives: () => boolean): boolean {
    const { due } = this;
    const next = due[choice % Math.max(1, due.length)];
    if (!next) return false;
    this.#due.delete(dueKey(next.controller, next.key));
    const decisions = this.decide(next.controller, next.key).filter(survives);
    for (const decision of decisions) this.#perform(next.controller, next.key, decision);
    return true;
  }

  /** Passes until nothing is due; throws when that does not come about. */
  settle(choose: () => number = () => 0): void {
    for (let passes = 0; passes < MAX_PASSES; passes++) if (!this.step(choose())) return;
    throw new Error(`not settled after ${MAX_PASSES} passes:\n${this.transcript.slice(-20).join('\n')}`);
  }

  /** The transcript since the last call. */
  takeTranscript(): string[] {
    return this.transcript.splice(0);
  }

  #perform(controller: Controller, key: string, decision: Decision): void {
    if (decision.type === 'wake') {
      this.#enqueue(controller, key, this.nowMs + decision.delayMs);
      return;
    }
    this.transcript.push(`${controller.name}: ${describe(decision)}`);
    if (decision.type === 'create') this.#performCreate(controller, key, decision);
    else if (decision.type === 'update') this.#performUpdate(controller, key, decision);
    else if (decision.type === 'delete')
      this.#ifPresent(decision, (object) => this.delete(decision.resource, object, decision.options));
  }

  #performCreate(
    controller: Controller,
    key: string,
    { resource, object }: Extract<Decision, { type: 'create' }>,
  ): void {
    const { namespace, name = '' } = metaOf(object);
    if (this.get(resource, namespace, name)) this.#enqueue(controller, key, this.nowMs);
    else this.create(resource, object);
  }

  #performUpdate(controller: Controller, key: string, decision: Extract<Decision, { type: 'update' }>): void {
    this.#ifPresent(decision, (object) => {
      const expected = decision.resourceVersion;
      if (expected !== undefined && expected !== metaOf(object).resourceVersion) {
        this.#enqueue(controller, key, this.nowMs);
        return;
      }
      this.update(decision.resource, object, (current) => decision.change(current), decision.part);
    });
  }

  #ifPresent(
    target: { resource: ResourceDefinition; namespace?: string; name: string; uid: string },
    act: (object: ApiObject) => void,
  ) {
    const object = this.get(target.resource, target.namespace, target.name);
    if (object && metaOf(object).uid === target.uid) act(object);
  }

  #find(resource: ResourceDefinition, target: ApiObject): { key: string; object: ApiObject } {
    const { namespace, name = '' } = metaOf(target);
    const key = storeKey(resource, namespace, name);
    const entry = this.#entries.get(key);
    if (!entry) throw new Error(`${key} does not exist`);
    return { key, object: entry.object };
  }

  #write(key: string, resource: ResourceDefinition, next: ApiObject, previous: ApiObject): void {
    if (JSON.stringify(next) === JSON.stringify(previous)) return;
    if (resource.hasStatus && desiredStateChanged(next, previous)) {
      metaOf(next).generation = (metaOf(previous).generation ?? 0) + 1;
    }
    if (!mayGo(next)) {
      this.#store(key, resource, next, previous);
      return;
    }
    this.#entries.delete(key);
    this.revision++;
    this.#announce(resource, { type: 'deleted', object: next, previous, revision: this.revision });
  }

  #store<T extends ApiObject>(
    key: string,
    resource: ResourceDefinition<T>,
    object: T,
    previous: ApiObject | undefined,
  ): T {
    this.revision++;
    // As after a trip through JSON: absent fields are absent.
    const stored = JSON.parse(JSON.stringify(object)) as T;
    stored.apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
    stored.kind = resource.kind;
    metaOf(stored).resourceVersion = String(this.revision);
    this.#entries.set(key, { resource, object: stored });
    const type = previous ? 'modified' : 'added';
    this.#announce(resource, { type, object: stored, previous, revision: this.revision });
    return stored;
  }

  #announce(resource: ResourceDefinition, change: Change): void {
    for (const controller of this.#controllers) {
      const ofEvery = this.#watchOfKind(controller, resource);
      for (const watch of [...controller.watches, ...(ofEvery ? [ofEvery] : [])]) {
        if (watch.resource.plural !== resource.plural) continue;
        for (const key of watch.keys(change, this)) this.#enqueue(controller, key, this.nowMs);
      }
    }
  }

  /** Each kind is asked about once, as a runner does. */
  #watchOfKind(controller: Controller, resource: ResourceDefinition): Watch | undefined {
    const key = dueKey(controller, resource.plural);
    if (!this.#kindWatches.has(key)) this.#kindWatches.set(key, controller.watchKind?.(resource));
    return this.#kindWatches.get(key);
  }

  #enqueue(controller: Controller, key: string, atMs: number): void {
    this.#asked.set(dueKey(controller, key), { controller, key });
    const present = this.#due.get(dueKey(controller, key));
    if (!present || present.atMs > atMs) this.#due.set(dueKey(controller, key), { controller, key, atMs });
  }
}

const dueKey = (controller: Controller, key: string): string => `${controller.name} ${key}`;

function describe(decision: Exclude<Decision, { type: 'wake' }>): string {
  switch (decision.type) {
    case 'create':
      return `create ${decision.resource.singular} ${metaOf(decision.object).name}`;
    case 'update':
      return `update ${decision.resource.singular} ${decision.name}${decision.part === 'main' ? '' : ` ${decision.part}`}`;
    case 'delete': {
      const { propagationPolicy, gracePeriodSeconds } = decision.options;
      const how = [propagationPolicy, gracePeriodSeconds === 0 ? 'now' : undefined].filter(Boolean).join(' ');
      return `delete ${decision.resource.singular} ${decision.name}${how ? ` (${how})` : ''}`;
    }
    case 'event':
      return `event ${decision.note.reason}`;
  }
}
