import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { type ApiError, invalid, isApiError, notFound } from '../../api/meta/errors.ts';
import { copyJson } from '../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { validateMetadata } from '../../api/meta/validation.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Cache } from '../store/cache.ts';
import type { Store } from '../store/store.ts';
import { type AdmissionRequest, type AdmissionRule, admit, judge, prepare, withdraw } from './admission/admission.ts';
import type { CountingRight, CountingRights } from './counting-rights.ts';
import { decodeObject } from './encode.ts';
import { FieldOwners, isIdle } from './field-owners.ts';
import { graceSeconds, onDeletionBegun } from './grace.ts';
import {
  finalizerFault,
  markDeleted,
  mayGo,
  modified,
  preconditionFault,
  restrictToPart,
  settleChange,
  settleNew,
  stampNew,
} from './metadata-rules.ts';
import { ObjectWriter, type ObjectWriterOptions, type Outcome, Outrun } from './object-writer.ts';
import type { DeleteOptions, Objects, UpdateOptions, WriteContext } from './objects.ts';
import type { Retention } from './retention.ts';
import type { Claims } from './service-addresses/holdings.ts';
import type { Panel, ReviewSteps } from './webhooks/panel.ts';
import type { Operation } from './webhooks/rules.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

export interface ObjectsOptions extends Pick<ObjectWriterOptions, 'remains'> {
  store: Store;
  cache: Cache;
  clock: Clock;
  rng: Rng;
  admission: readonly AdmissionRule[];
  /** Which objects vanish by themselves after a time. Default: none. */
  retention?: Retention;
  /** What no two objects may have. Default: nothing. */
  claims?: Claims;
  /** What makes sums exact among several masters. Default: no other master writes to the store. */
  counting?: CountingRights;
  /** Who else is asked. Default: nobody. */
  webhooks?: Webhooks;
}

/** Lost races before a writer is told so. Each one means that somebody else's write went through. */
const MAX_ATTEMPTS = 32;
const GENERATED_SUFFIX_LENGTH = 5;
/** What is left of a longer `generateName`, as in Kubernetes: the whole is still a label, and a host name. */
const MAX_GENERATED_PREFIX = 63 - GENERATED_SUFFIX_LENGTH;
const MAX_GENERATED_NAMES = 8;
const MAX_OUTRUN = 16;

export function createObjects(options: ObjectsOptions): Objects {
  return new StoredObjects(options);
}

/** Owns no object: every call reads the cache or the store, decides, and commits with a compare. */
class StoredObjects implements Objects {
  readonly #store: Store;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #admission: readonly AdmissionRule[];
  readonly #writer: ObjectWriter;
  readonly #claims: Claims | undefined;
  readonly #counting: CountingRights | undefined;
  readonly #webhooks: Webhooks | undefined;
  readonly #owners = new FieldOwners();

  constructor(options: ObjectsOptions) {
    this.#store = options.store;
    this.#cache = options.cache;
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#claims = options.claims;
    this.#counting = options.counting;
    this.#admission = options.admission;
    this.#writer = new ObjectWriter(options);
    this.#webhooks = options.webhooks;
  }

  async create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T> {
    const { name, generateName } = metaOf(object);
    if (name || !generateName) return this.#createBeside(resource, object, context);
    const prefix = generateName.slice(0, MAX_GENERATED_PREFIX);
    for (let attempt = 1; ; attempt++) {
      // What is derived from the name must follow it, so each try starts from what was asked for.
      const named = copyJson(object, resource.kind) as T;
      metaOf(named).name = `${prefix}${this.#rng.suffix(GENERATED_SUFFIX_LENGTH)}`;
      try {
        return await this.#createBeside(resource, named, context);
      } catch (error) {
        if (attempt >= MAX_GENERATED_NAMES || !isApiError(error, 'AlreadyExists')) throw error;
      }
    }
  }

  async update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    context: WriteContext,
    options: UpdateOptions = {},
  ): Promise<T> {
    const part = options.part ?? 'main';
    const { operation, subresource } = SHOWN_PARTS[part];
    return this.#write('update', resource, namespace, name, options, context, (current) => {
      const given = options.pure ? current : (copyJson(current, resource.kind) as T);
      const next = this.#propose(resource, change(given) ?? given, current, part, context);
      const approve = (object: T, decide = admit) => this.#approve(resource, object, current, part, context, decide);
      const panel = this.#webhooks?.panelFor(operation, resource, context, { namespace, name, subresource });
      if (!panel) return approve(next);
      const request = { operation: 'update', resource, previous: current, part, context } as const;
      const steps: ReviewSteps<T> = {
        prepare: (object) => {
          if (hasRules(resource, part)) prepare(this.#admission, { ...request, object }, this.#cache);
        },
        settle: (changed, before) => settleChange(restrictToPart(resource, changed, current, part), before),
        check: (object) => void approve(object, judge),
      };
      return panel.review(next, current, steps).then((object) => approve(object));
    });
  }

  /** What an update would make of an object, before anybody has looked at it. */
  #propose<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    changed: T,
    current: T,
    part: Part,
    { manager }: WriteContext,
  ): T {
    const proposed = manager && changed.metadata?.managedFields;
    const next = restrictToPart(resource, changed, current, part);
    if (manager) this.#owners.ownUpdate(resource, next, current, proposed, manager, this.#clock.now());
    return next;
  }

  /** Throws unless the change may be made. Returns `current` where nothing worth a commit changes. */
  #approve<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    next: T,
    current: T,
    part: Part,
    context: WriteContext,
    decide: typeof admit,
  ): T {
    const fault = finalizerFault(resource, next, current);
    if (fault) throw fault;
    if (part === 'status' || part === 'approval') {
      const before = part === 'status' ? current : undefined;
      refuseFaults(resource, next, resource.validateStatus?.(next, before) ?? []);
    }
    if (hasRules(resource, part)) {
      const request = { operation: 'update', resource, object: next, previous: current, part, context } as const;
      const refusal = decide(this.#admission, request, this.#cache);
      if (refusal) throw refusal;
      const faults = [...validateMetadata(resource, next), ...resource.validate(next, current)];
      const rules = resource.partRules?.[part] ?? resource;
      refuseFaults(resource, next, [...faults, ...(rules.validateUpdate?.(next, current) ?? [])]);
    }
    return context.manager && isIdle(next, current) ? current : next;
  }

  async delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    context: WriteContext,
    options: DeleteOptions = {},
  ): Promise<{ object: T; gone: boolean }> {
    const object = await this.#write('delete', resource, namespace, name, options, context, (current) => {
      const refusal = admit(this.#admission, { operation: 'delete', resource, object: current, context }, this.#cache);
      if (refusal) throw refusal;
      const mark = (): T => {
        const grace = graceSeconds(resource, current, options);
        return onDeletionBegun(resource, markDeleted(current, grace, options, this.#clock.now()));
      };
      const panel = this.#webhooks?.panelFor('DELETE', resource, context, { namespace, name, options });
      return panel ? panel.agree({ previous: current }).then(mark) : mark();
    });
    return { object, gone: mayGo(object) };
  }

  /** What is to be the object's alone may be given to another at the same moment: then it is decided again, on what won. */
  async #createBeside<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    object: T,
    context: WriteContext,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const right = await this.#rightTo({ operation: 'create', resource, object, context });
      // What was given to it must not be taken for what it asked for.
      const kept = right || this.#claims?.isAbout(resource) ? (copyJson(object, resource.kind) as T) : object;
      try {
        return await this.#createNamed(resource, kept, context, right);
      } catch (error) {
        if (attempt >= MAX_OUTRUN || !(error instanceof Outrun)) throw error;
        await this.#cache.waitFor(error.revision);
      }
    }
  }

  async #createNamed<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    object: T,
    context: WriteContext,
    right: CountingRight | undefined,
  ): Promise<T> {
    const nowMs = this.#clock.now();
    const given = object.metadata?.managedFields;
    stampNew(resource, object, this.#rng.uuid(), nowMs);
    resource.prepareForCreate?.(object);
    resource.setDefaults(object);
    if (context.manager) this.#owners.ownNew(resource, object, context.manager, given, nowMs);
    const { namespace, name } = metaOf(object);
    const panel = this.#webhooks?.panelFor('CREATE', resource, context, { namespace, name });
    const reviewed = panel ? await this.#reviewNew(panel, resource, object, context) : object;
    const request = { operation: 'create', resource, object: reviewed, context } as const;
    await this.#admit(request);
    try {
      refuseFaults(resource, reviewed, [...validateMetadata(resource, reviewed), ...resource.validate(reviewed)]);
      return await this.#writer.insert(resource, reviewed, context, right);
    } catch (error) {
      // Of a store that does not answer nobody knows what it did: then the rules go on counting the object for a while.
      if (isApiError(error)) withdraw(this.#admission, request);
      throw error;
    }
  }

  /** A new object as webhooks would have it. */
  #reviewNew<T extends ApiObject>(
    panel: Panel,
    resource: ResourceDefinition<T>,
    object: T,
    context: WriteContext,
  ): Promise<T> {
    const request = { operation: 'create', resource, context } as const;
    return panel.review(object, undefined, {
      prepare: (prepared) => this.#admit({ ...request, object: prepared }, prepare),
      settle: (changed, before) => settleNew(resource, changed, before),
      check: async (made) => {
        await this.#admit({ ...request, object: made }, judge);
        refuseFaults(resource, made, [...validateMetadata(resource, made), ...resource.validate(made)]);
      },
    });
  }

  /** The one read-decide-compare-commit loop that updates and deletions share. Only where webhooks are asked does a decision take time. */
  async #write<T extends ApiObject>(
    operation: 'update' | 'delete',
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    options: UpdateOptions & DeleteOptions,
    context: WriteContext,
    decide: (current: T) => T | Promise<T>,
  ): Promise<T> {
    const key = storeKey(resource, namespace, name);
    const expected = options.preconditions;
    const cached = this.#cache.get(resource, namespace, name);
    let current = cached;
    // The cache may be a moment behind its own writers: what it contradicts is read again before anyone is refused.
    if (!current || preconditionFault(resource, current, expected)) {
      current = await this.#writer.read<T>(key);
    }
    for (let attempt = 1; ; attempt++) {
      if (!current) throw notFound(resource, name);
      const fault = preconditionFault(resource, current, expected);
      if (fault) throw fault;
      const { part } = options;
      const taken = this.#rightTo({ operation, resource, object: current, part, context });
      const right = taken instanceof Promise ? await taken : taken;
      const decided = decide(current);
      const next: T = decided instanceof Promise ? await decided : decided;
      const outcome: Outcome<T> = await this.#writer.replace(resource, key, current, next, context, right);
      if ('done' in outcome) {
        if (outcome.done !== cached || !context.requester) return outcome.done;
        // What changes nothing of the state in the cache may change something of the newest; the cell's own components look again anyway.
        current = await this.#writer.read<T>(key);
        if (metaOf(current ?? {}).resourceVersion === metaOf(cached).resourceVersion) return cached;
        continue;
      }
      if (attempt >= MAX_ATTEMPTS) {
        throw modified(resource, name);
      }
      current = outcome.found && decodeObject<T>(outcome.found);
    }
  }

  /** What a write must be committed with that rules decide by counting. */
  #rightTo(request: AdmissionRequest): CountingRight | undefined | Promise<CountingRight> {
    if (!this.#counting || request.context.dryRun) return undefined;
    const counts = this.#admission.some((rule) => rule.counts?.(request, this.#cache));
    return counts ? this.#counting.in(metaOf(request.object).namespace ?? '') : undefined;
  }

  /** Refusals are checked against a view that has caught up: the namespace or class may have been made a moment ago. */
  async #admit(request: AdmissionRequest, decide = admit): Promise<void> {
    const { revision } = this.#cache;
    let refusal: ApiError | undefined = decide(this.#admission, request, this.#cache);
    if (!refusal) return;
    await this.#cache.waitFor(await this.#store.revision());
    // It may have caught up while we asked how far there is to go.
    if (this.#cache.revision > revision) refusal = decide(this.#admission, request, this.#cache);
    if (refusal) throw refusal;
  }
}

type Part = NonNullable<UpdateOptions['part']>;

/** Whether admission and the kind's rules for the whole have a say. */
const hasRules = (resource: ResourceDefinition<never>, part: Part): boolean =>
  part === 'main' || part === 'scale' || resource.partRules?.[part] !== undefined;

/** What the parts of an object are to webhooks: a pod's place is made, not changed. */
const SHOWN_PARTS: Readonly<Record<Part, { operation: Operation; subresource?: string }>> = {
  main: { operation: 'UPDATE' },
  status: { operation: 'UPDATE', subresource: 'status' },
  scale: { operation: 'UPDATE', subresource: 'scale' },
  binding: { operation: 'CREATE', subresource: 'binding' },
  finalize: { operation: 'UPDATE', subresource: 'finalize' },
  approval: { operation: 'UPDATE', subresource: 'approval' },
  ephemeralcontainers: { operation: 'UPDATE', subresource: 'ephemeralcontainers' },
  resize: { operation: 'UPDATE', subresource: 'resize' },
};

function refuseFaults<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  faults: Parameters<typeof invalid>[2],
): void {
  if (faults.length > 0) throw invalid(resource, metaOf(object).name ?? metaOf(object).generateName ?? '', faults);
}
