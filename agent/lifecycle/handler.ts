import { type Clock, sleep } from '../../platform/clock.ts';
import type { Container } from '../pod-types.ts';
import type { ContainerRuntime } from '../runtime.ts';

export type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

/** Where a hook is run. */
export interface HookPlace {
  /** The container. */
  readonly id: string;
  /** Address of its pod. */
  readonly podIp: string | undefined;
}

/**
 * Runs a hook to its end (Kubernetes, "Container Lifecycle Hooks"). Rejects, with a sentence for people, when it does not succeed or
 * `signal` aborts.
 */
export async function runHandler(
  handler: LifecycleHandler,
  { id }: HookPlace,
  { runtime, clock }: { readonly runtime: ContainerRuntime; readonly clock: Clock },
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  if (handler.sleep) return sleep(clock, handler.sleep.seconds * 1_000, signal);
  const { exitCode, output } = await runtime.exec(id, handler.exec?.command ?? [], signal);
  if (exitCode !== 0) throw new Error(`it ended with exit code ${exitCode}${output && `: ${output.trim()}`}`);
}
