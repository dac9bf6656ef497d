import { type Pod, type PodCondition, pods } from '../../../api/core/pod.ts';
import { conflict } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Clock, timestamp } from '../../../platform/clock.ts';
import { Deposed, type Objects, type UpdateOptions, type WriteContext } from '../../objects/objects.ts';
import type { Compare } from '../../store/store.ts';

export interface BindRequest {
  readonly pod: Pod;
  readonly nodeName: string;
}

export interface Binder {
  /**
   * Writes each pod's node, each for itself: some may succeed where others fail. `done` is called once for each, after `bind` has
   * returned, in no certain order. Its error is `ApiError` 404 or 409 where the pod is gone, is another one, is bound or is being
   * deleted; `StoreUnavailable` where it is unknown whether the pod is bound (look at the cache before trying again); and
   * `Deposed` where another leads now, which also every later request will get.
   */
  bind(requests: readonly BindRequest[], done: (request: BindRequest, error?: Error) => void): void;
}

export interface BinderOptions {
  readonly objects: Pick<Objects, 'update'>;
  readonly clock: Clock;
  /** Who binds. */
  readonly user: string;
  /** The leadership under which was decided. Absent where nobody else could be deciding. */
  readonly fence?: Compare;
  /** No bind is begun after it has aborted. */
  readonly signal?: AbortSignal;
}

/** Binds under way at once; more wait here, so that other writes of the cell do not wait behind thousands of them. */
const MAX_IN_FLIGHT = 256;

export function createBinder(options: BinderOptions): Binder {
  return new StoredBinder(options);
}

interface Waiting {
  readonly request: BindRequest;
  readonly done: (request: BindRequest, error?: Error) => void;
}

/** Owns the binds that wait, first come first served, and the count of those under way. The scheduler bounds how many it asks for. */
class StoredBinder implements Binder {
  readonly #objects: Pick<Objects, 'update'>;
  readonly #clock: Clock;
  readonly #context: WriteContext;
  readonly #signal: AbortSignal | undefined;
  #waiting: Waiting[] = [];
  /** Where the first that waits is. */
  #next = 0;
  #inFlight = 0;

  constructor({ objects, clock, user, fence, signal }: BinderOptions) {
    this.#objects = objects;
    this.#clock = clock;
    this.#context = { user, fence };
    this.#signal = signal;
  }

  bind(requests: readonly BindRequest[], done: (request: BindRequest, error?: Error) => void): void {
    for (const request of requests) this.#waiting.push({ request, done });
    this.#start();
  }

  #start(): void {
    if (this.#next === this.#waiting.length) return;
    const now = timestamp(this.#clock.now());
    while (this.#inFlight < MAX_IN_FLIGHT && this.#next < this.#waiting.length) {
      this.#inFlight += 1;
      void this.#carryOut(this.#waiting[this.#next++]!, now);
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
  }

  /** Never rejects. */
  async #carryOut({ request, done }: Waiting, now: string): Promise<void> {
    let failure: Error | undefined;
    try {
      await this.#write(request, now);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#inFlight -= 1;
    this.#start();
    done(request, failure);
  }

  async #write({ pod, nodeName }: BindRequest, now: string): Promise<void> {
    if (this.#signal?.aborted) throw new Deposed('The term in which the bind was decided is over.');
    const { namespace, name = '', uid } = metaOf(pod);
    const options: UpdateOptions = { part: 'binding', pure: true, preconditions: { uid } };
    await this.#objects.update(
      pods,
      namespace,
      name,
      (current) => bound(current, nodeName, now),
      this.#context,
      options,
    );
  }
}

/** The pod on the node, sharing all else with `current`. Throws 409 where it is bound already or on its way out. */
export function bound(current: Pod, nodeName: string, now: string): Pod {
  const { name = '', deletionTimestamp } = metaOf(current);
  if (current.spec?.nodeName) throw conflict(pods, name, `pod is already assigned to node "${current.spec.nodeName}"`);
  if (deletionTimestamp) throw conflict(pods, name, 'pod is being deleted, cannot be assigned to a host');
  const spec = { ...current.spec, nodeName } as Pod['spec'];
  const conditions = scheduledConditions(current, now);
  // A place that was held for it has served its purpose.
  return { ...current, spec, status: { ...current.status, conditions, nominatedNodeName: undefined } };
}

function scheduledConditions(pod: Pod, now: string): PodCondition[] {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'PodScheduled');
  const lastTransitionTime = before?.status === 'True' ? before.lastTransitionTime : now;
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  return [...others, { type: 'PodScheduled', status: 'True', lastTransitionTime }];
}
