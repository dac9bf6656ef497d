import type { Logger } from '../platform/log.ts';
import type { Surroundings } from './container-spec.ts';
import { SANDBOX_TROUBLE, VOLUMES_TROUBLE } from './plan/state.ts';
import type { EventStep } from './plan/steps.ts';
import type { PodMemory } from './pod-memory.ts';
import { type Container, type Pod, type Sources, specOf } from './pod-types.ts';
import { isRuntimeError } from './runtime.ts';

/** One pod, as the steps work on it. */
export interface PodWork {
  readonly pod: Pod;
  readonly sources: Sources;
  readonly memory: PodMemory;
  surroundings(): Surroundings;
  event(event: Omit<EventStep, 'type'>): void;
  reportGone(): void;
  forget(): void;
  /** Resolves once nothing more is being written to the pod's directory. */
  settled(): Promise<void>;
  /** Something that ran in the background is done: plan again. */
  wake(): void;
}

/** Undefined for a container that is left of a pod whose spec is not known any more. */
export function containerOf(pod: Pod, name: string): Container | undefined {
  const { initContainers = [], containers, ephemeralContainers = [] } = specOf(pod);
  return [...initContainers, ...containers, ...ephemeralContainers].find((container) => container.name === name);
}

/** Remembers what failed and tells people once; an engine that is away is nobody's fault and is thrown on. */
export function rememberTrouble(work: PodWork, key: string, reason: string, error: unknown, log: Logger): void {
  if (isRuntimeError(error, 'unreachable')) throw error;
  const message = error instanceof Error ? error.message : String(error);
  log.debug({ reason: message, key, pod: work.pod.metadata?.name }, 'a step failed');
  const news = work.memory.failed(key, reason, message);
  const told = key === VOLUMES_TROUBLE || key === SANDBOX_TROUBLE;
  if (news && told) work.event({ eventType: 'Warning', reason, message, container: '' });
}
