import { type BackoffPolicy, backoffMs } from '../platform/backoff.ts';
import { type Clock, sleep } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import type { ContainerStore } from './container-store.ts';
import { type Owner, ownerLabels } from './labels.ts';
import type { ContainerEvent, ContainerRuntime } from './runtime.ts';

export interface ObserverOptions {
  readonly runtime: ContainerRuntime;
  readonly owner: Owner;
  readonly store: ContainerStore;
  /** Called before each list, while the engine answers: makes what containers need (network, pause image). */
  readonly prepare: () => Promise<void>;
  /** The engine is there and the store is up to date, or why it is not. */
  readonly changed: (down: Error | undefined) => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

const RETRY: BackoffPolicy = { baseMs: 200, maxMs: 5_000 };
/** More events than this between subscribing and listing mean that something is very wrong. */
const LONGEST_QUEUE = 100_000;
const LOOK_AGAIN_MS = 1_000;

/**
 * Keeps the store true to the engine: subscribes to events, lists once, then follows the events; on a lost stream it starts
 * over, for as long as it takes. Nothing is polled.
 */
export class Observer implements Service {
  private readonly options: ObserverOptions;
  private readonly stopping = new AbortController();
  /** Containers that the agent is starting itself and will inspect. */
  private readonly expected = new Set<string>();
  private running: Promise<void> | undefined;

  constructor(options: ObserverOptions) {
    this.options = options;
  }

  /** Resolves at once; `changed` tells when the engine answers. */
  async start(): Promise<void> {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the agent is stopping'));
    await this.running;
  }

  /** Runs `start`, whose caller looks at the container: the event of its start need not be followed up. */
  async expecting<T>(id: string, start: () => Promise<T>): Promise<T> {
    this.expected.add(id);
    try {
      return await start();
    } catch (error) {
      // Its answer may be all that was lost.
      void this.look(id);
      throw error;
    } finally {
      this.expected.delete(id);
    }
  }

  private async run(): Promise<void> {
    const { clock, rng, log, changed } = this.options;
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.follow(() => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1)
          log.warn({ err: error }, 'the container runtime does not answer; trying again until it does');
        changed(error as Error);
        await sleep(clock, backoffMs(RETRY, failures, rng), signal).catch(() => {});
      }
    }
  }

  /** One subscription, from its list to its loss; always throws. */
  private async follow(up: () => void): Promise<never> {
    const { runtime, owner, store, prepare, changed } = this.options;
    const { signal } = this.stopping;
    const queue: ContainerEvent[] = [];
    let deliver = (event: ContainerEvent) => {
      if (queue.push(event) > LONGEST_QUEUE) lost.reject(new Error('too many events before the list of containers'));
    };
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const onStop = () => lost.reject(signal.reason);
    signal.addEventListener('abort', onStop, { once: true });
    const handlers = { event: (event: ContainerEvent) => deliver(event), lost: lost.reject };
    const subscription = await runtime.watch(ownerLabels(owner), handlers);
    try {
      await prepare();
      const mark = store.mark();
      store.replace(await runtime.list(ownerLabels(owner)), mark);
      for (const event of queue) this.take(event);
      deliver = (event) => this.take(event);
      up();
      changed(undefined);
      return await lost.promise;
    } finally {
      signal.removeEventListener('abort', onStop);
      subscription.close();
    }
  }

  private take(event: ContainerEvent): void {
    const { store } = this.options;
    store.apply(event);
    // Somebody else started it: events do not carry its address and image.
    if (event.type === 'started' && !this.expected.has(event.id)) void this.look(event.id);
    // An end before the start is of an earlier run, or the machine's clock was set back since: the engine knows which.
    if (event.type === 'died' && store.get(event.id)?.state === 'running') void this.look(event.id);
  }

  /** Takes over what the engine knows of a container; never rejects, but tries again later for as long as it has to. */
  async look(id: string): Promise<void> {
    const { store, runtime, clock, log } = this.options;
    try {
      const info = await runtime.inspect(id);
      if (info) store.note(info);
      else store.forget(id);
    } catch (error) {
      log.debug({ err: error, container: id }, 'could not inspect a container; trying again');
      if (!this.stopping.signal.aborted) clock.setTimer(LOOK_AGAIN_MS, () => void this.look(id));
    }
  }
}
