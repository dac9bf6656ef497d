import type { Clock } from '../platform/clock.ts';
import type { ContainerStore } from './container-store.ts';
import { type HookPlace, type LifecycleHandler, runHandler } from './lifecycle/handler.ts';
import type { Observer } from './observe.ts';
import type { EventStep } from './plan/steps.ts';
import { type ContainerRuntime, isRuntimeError } from './runtime.ts';

export interface EndParts {
  readonly runtime: ContainerRuntime;
  readonly store: ContainerStore;
  readonly observer: Pick<Observer, 'look'>;
  readonly clock: Clock;
}

export interface Ending extends HookPlace {
  readonly container: string;
  readonly graceSeconds: number;
  /** Runs in the container before it is asked to end. */
  readonly preStop: LifecycleHandler | undefined;
  event(event: Omit<EventStep, 'type'>): void;
}

/** What a hook that used up the whole grace leaves its container (Kubernetes, "Container Lifecycle Hooks"). */
const LEAST_AFTER_HOOK_SECONDS = 2;

/** Ends a container gracefully: hook, stop signal, and SIGKILL when the grace is over. Rejects with the runtime's errors. */
export async function endContainer(ending: Ending, parts: EndParts): Promise<void> {
  const { runtime, store, observer, clock } = parts;
  const { id, graceSeconds } = ending;
  const startedMs = clock.monotonicMs();
  const hooked = ending.preStop !== undefined && graceSeconds > 0;
  if (hooked) await runHook(ending, ending.preStop ?? {}, parts);
  const spentSeconds = Math.floor((clock.monotonicMs() - startedMs) / 1000);
  const leftSeconds = Math.max(hooked ? LEAST_AFTER_HOOK_SECONDS : 0, graceSeconds - spentSeconds);
  try {
    await runtime.stop(id, leftSeconds);
    await observer.look(id);
  } catch (error) {
    if (!isRuntimeError(error, 'not-found')) throw error;
    store.forget(id);
  }
}

/** A hook that fails is told of and changes nothing else. */
async function runHook(ending: Ending, handler: LifecycleHandler, parts: EndParts): Promise<void> {
  const { container, graceSeconds } = ending;
  const deadline = new AbortController();
  const timer = parts.clock.setTimer(graceSeconds * 1000, () => deadline.abort(new Error('the grace is over')));
  try {
    await runHandler(handler, ending, parts, deadline.signal);
  } catch (error) {
    const message = `PreStopHook failed: ${(error as Error).message}`;
    ending.event({ eventType: 'Warning', reason: 'FailedPreStopHook', message, container });
  } finally {
    timer.cancel();
  }
}
