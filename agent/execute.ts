import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { containerSpec, type Surroundings, sandboxSpec } from './container-spec.ts';
import type { ContainerStore } from './container-store.ts';
import type { ImagePuller } from './images.ts';
import { Limiter } from './limiter.ts';
import type { Observer } from './observe.ts';
import { ensurePauseImage } from './pause/image.ts';
import { containerTrouble, SANDBOX_TROUBLE, VOLUMES_TROUBLE } from './plan/state.ts';
import type { EventStep, Step, StopContainer } from './plan/steps.ts';
import type { PodMemory } from './pod-memory.ts';
import { type Container, type Pod, type Sources, specOf } from './pod-types.ts';
import { type ContainerRuntime, type ContainerSpec, isRuntimeError } from './runtime.ts';
import { prepareMemory, prepareMounts, prepareVolumes, removeVolumes } from './volumes.ts';

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

export interface ExecutorParts {
  readonly runtime: ContainerRuntime;
  readonly store: ContainerStore;
  readonly observer: Pick<Observer, 'expecting'>;
  readonly images: ImagePuller;
  readonly clock: Clock;
  readonly log: Logger;
  /** The engine's architecture, for the pause image. */
  readonly architecture: () => string;
}

type StepOf<T extends Step['type']> = Extract<Step, { type: T }>;
type Handlers = { readonly [T in Step['type']]: (step: StepOf<T>, work: PodWork) => Promise<void> };

/** How many containers are made, started or removed at once: more only makes the engine slower. */
const OPERATIONS_AT_ONCE = 8;

/** Pods that have begun are finished before others begin, so that of many pods the first run soon. */
const RANK = { makeSandbox: 0, startSandbox: 1, remove: 1, make: 2, start: 3 } as const;

/**
 * Carries steps out: one function per type of step, and nothing decided here. What went wrong is remembered in the pod's memory,
 * where the planner finds it. Rejects only when the engine is away, and for faults nobody foresaw.
 */
export class Executor {
  private readonly parts: ExecutorParts;
  private readonly limiter = new Limiter(OPERATIONS_AT_ONCE);
  private readonly handlers: Handlers;

  constructor(parts: ExecutorParts) {
    this.parts = parts;
    this.handlers = {
      prepareVolumes: (step, work) => this.prepareVolumes(step, work),
      createSandbox: (step, work) => this.createSandbox(step, work),
      startSandbox: (step, work) => this.startSandbox(step, work),
      ensureImage: async (step, work) => this.ensureImage(step, work),
      createContainer: (step, work) => this.createContainer(step, work),
      startContainer: (step, work) => this.startContainer(step, work),
      stopContainer: async (step, work) => this.stopContainer(step, work),
      killContainer: (step) => this.kill(step.id),
      removeContainer: (step) => this.remove(step.id),
      removeSandbox: (step) => this.remove(step.id),
      removeVolumes: (_step, work) => this.removeVolumes(work),
      reportGone: async (_step, work) => work.reportGone(),
      forget: async (_step, work) => work.forget(),
      event: async (step, work) => work.event(step),
    };
  }

  execute(step: Step, work: PodWork): Promise<void> {
    const handler = this.handlers[step.type] as (step: Step, work: PodWork) => Promise<void>;
    return handler(step, work);
  }

  private async prepareVolumes(step: StepOf<'prepareVolumes'>, work: PodWork): Promise<void> {
    try {
      await prepareVolumes(work.surroundings(), work.sources);
      work.memory.volumesVersion = step.sourcesVersion;
      work.memory.worked(VOLUMES_TROUBLE);
    } catch (error) {
      this.trouble(work, VOLUMES_TROUBLE, 'FailedMount', error);
    }
  }

  private async createSandbox(step: StepOf<'createSandbox'>, work: PodWork): Promise<void> {
    const { runtime, architecture } = this.parts;
    const around = work.surroundings();
    const spec = sandboxSpec(step.attempt, around);
    try {
      await prepareMemory(around, runtime);
      await this.create(spec, RANK.makeSandbox).catch(async (error) => {
        if (!isRuntimeError(error, 'image-missing')) throw error;
        await ensurePauseImage(runtime, architecture());
        return this.create(spec, RANK.makeSandbox);
      });
      work.memory.worked(SANDBOX_TROUBLE);
    } catch (error) {
      this.trouble(work, SANDBOX_TROUBLE, 'FailedCreatePodSandBox', error);
    }
  }

  private async startSandbox(step: StepOf<'startSandbox'>, work: PodWork): Promise<void> {
    try {
      await this.start(step.id, RANK.startSandbox);
      work.memory.worked(SANDBOX_TROUBLE);
    } catch (error) {
      if (isRuntimeError(error, 'not-found')) return this.parts.store.forget(step.id);
      this.trouble(work, SANDBOX_TROUBLE, 'FailedCreatePodSandBox', error);
    }
  }

  /** Pulls in the background: other containers of the pod need not wait, nor must its deletion. */
  private ensureImage(step: StepOf<'ensureImage'>, work: PodWork): void {
    const { container, image, attempt } = step;
    const { memory } = work;
    const key = containerTrouble(container);
    memory.images.set(container, { attempt, state: 'pulling' });
    work.event({ eventType: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"`, container });
    this.parts.images
      .pull(image)
      .then(() => {
        memory.images.set(container, { attempt, state: 'pulled' });
        memory.worked(key);
        work.event({ eventType: 'Normal', reason: 'Pulled', message: `Pulled image "${image}"`, container });
      })
      .catch((error: Error) => {
        memory.images.set(container, { attempt, state: 'absent' });
        const again = memory.troubles.get(key)?.reason.includes('Image');
        memory.failed(key, again ? 'ImagePullBackOff' : 'ErrImagePull', error.message);
      })
      .finally(() => work.wake());
  }

  private async createContainer(step: StepOf<'createContainer'>, work: PodWork): Promise<void> {
    const key = containerTrouble(step.container);
    const container = containerOf(work.pod, step.container);
    const built = containerSpec(container, step, work.surroundings(), work.sources);
    if (!built.ok) return this.configError(work, key, built.message);
    try {
      if (await this.wouldBeRoot(container, built.spec, work.pod)) {
        return this.configError(work, key, `container "${container.name}" must not run as root (runAsNonRoot), but its image does`);
      }
      await prepareMounts(built.spec.mounts);
      await this.create(built.spec, RANK.make);
      work.memory.worked(key);
      this.announceCreated(step, container, work);
    } catch (error) {
      this.creationFailed(step, container, work, error);
    }
  }

  private announceCreated({ attempt }: StepOf<'createContainer'>, { name, image }: Container, work: PodWork): void {
    const pulled = work.memory.images.get(name);
    if (pulled?.attempt !== attempt) {
      const message = `Container image "${image}" already present on machine`;
      work.event({ eventType: 'Normal', reason: 'Pulled', message, container: name });
    }
    work.event({ eventType: 'Normal', reason: 'Created', message: `Created container: ${name}`, container: name });
  }

  private creationFailed(step: StepOf<'createContainer'>, container: Container, work: PodWork, error: unknown): void {
    const key = containerTrouble(step.container);
    if (!isRuntimeError(error, 'image-missing')) return this.trouble(work, key, 'CreateContainerError', error);
    if (container.imagePullPolicy !== 'Never') {
      work.memory.images.set(step.container, { attempt: step.attempt, state: 'absent' });
      return;
    }
    const message = `Container image "${container.image}" is not present with pull policy of Never`;
    work.memory.failed(key, 'ErrImageNeverPull', message);
  }

  private configError(work: PodWork, key: string, message: string): void {
    work.memory.failed(key, 'CreateContainerConfigError', message);
  }

  /** `runAsNonRoot` without a user of its own: the image says who it runs as. */
  private async wouldBeRoot(container: Container, spec: ContainerSpec, pod: Pod): Promise<boolean> {
    const required = container.securityContext?.runAsNonRoot ?? specOf(pod).securityContext?.runAsNonRoot;
    if (!required || spec.user !== undefined) return false;
    const image = await this.parts.runtime.image(spec.image);
    return image !== undefined && /^(0|root)?(:.*)?$/.test(image.user);
  }

  private async startContainer(step: StepOf<'startContainer'>, work: PodWork): Promise<void> {
    const { store, clock } = this.parts;
    const { container } = step;
    try {
      await this.start(step.id, RANK.start);
      work.event({ eventType: 'Normal', reason: 'Started', message: `Started container ${container}`, container });
    } catch (error) {
      if (isRuntimeError(error, 'not-found')) return store.forget(step.id);
      if (!isRuntimeError(error, 'failed')) throw error;
      store.failedToStart(step.id, error.message, clock.now());
      work.event({ eventType: 'Warning', reason: 'Failed', message: `Error: ${error.message}`, container });
    }
  }

  /** Asks it to end, in the background: what comes of it is seen in the engine's events. */
  private stopContainer(step: StopContainer, work: PodWork): void {
    const { clock, log } = this.parts;
    const { id, container, graceSeconds } = step;
    work.memory.stopping.set(id, { sinceMs: clock.now(), graceSeconds });
    work.event({ eventType: 'Normal', reason: 'Killing', message: `Stopping container ${container}`, container });
    this.end(step, work).catch((error) => {
      log.warn({ err: error, container: id }, 'could not stop a container; trying again');
      work.memory.stopping.delete(id);
      clock.setTimer(1_000, () => work.wake());
    });
  }

  private async end({ id, container, graceSeconds }: StopContainer, work: PodWork): Promise<void> {
    const { runtime, store, clock } = this.parts;
    const startedMs = clock.monotonicMs();
    const preStop = containersOf(work.pod).find((one) => one.name === container)?.lifecycle?.preStop?.exec?.command;
    if (preStop && graceSeconds > 0) await this.preStop(id, preStop, graceSeconds, work, container);
    const spentSeconds = Math.floor((clock.monotonicMs() - startedMs) / 1000);
    // A hook that used up the grace leaves its container two seconds (Kubernetes, "Container Lifecycle Hooks").
    const left = graceSeconds === 0 ? 0 : Math.max(preStop ? 2 : 0, graceSeconds - spentSeconds);
    await runtime.stop(id, left).catch((error) => {
      if (isRuntimeError(error, 'not-found')) return store.forget(id);
      throw error;
    });
    const info = await runtime.inspect(id);
    if (info) store.note(info);
  }

  private async preStop(id: string, command: string[], graceSeconds: number, work: PodWork, container: string) {
    const deadline = new AbortController();
    const timer = this.parts.clock.setTimer(graceSeconds * 1000, () => deadline.abort(new Error('the grace is over')));
    try {
      const { exitCode } = await this.parts.runtime.exec(id, command, deadline.signal);
      if (exitCode === 0) return;
      const message = `PreStopHook ended with exit code ${exitCode}`;
      work.event({ eventType: 'Warning', reason: 'FailedPreStopHook', message, container });
    } catch (error) {
      const message = `PreStopHook failed: ${(error as Error).message}`;
      work.event({ eventType: 'Warning', reason: 'FailedPreStopHook', message, container });
    } finally {
      timer.cancel();
    }
  }

  private async kill(id: string): Promise<void> {
    await this.parts.runtime.kill(id).catch((error) => this.forgetIfGone(id, error));
  }

  private async remove(id: string): Promise<void> {
    await this.limiter.run(() => this.parts.runtime.remove(id), RANK.remove);
    this.parts.store.forget(id);
  }

  private async removeVolumes(work: PodWork): Promise<void> {
    await work.settled();
    await removeVolumes(work.surroundings(), this.parts.runtime);
    work.memory.volumesOnDisk = false;
  }

  /** Makes a container, or takes over the one that an earlier try, whose answer was lost, has made. */
  private async create(spec: ContainerSpec, rank: number): Promise<void> {
    const { runtime, store, clock } = this.parts;
    try {
      const id = await this.limiter.run(() => runtime.create(spec), rank);
      const { name, image, labels } = spec;
      store.apply({ type: 'created', id, name, image, labels, atMs: clock.now() });
    } catch (error) {
      if (!isRuntimeError(error, 'conflict')) throw error;
      const there = await runtime.inspect(spec.name);
      if (!there) throw error;
      store.note(there);
      if (!store.get(there.id)) await runtime.remove(there.id);
    }
  }

  private async start(id: string, rank: number): Promise<void> {
    const { runtime, store, observer } = this.parts;
    await observer.expecting(id, async () => {
      await this.limiter.run(() => runtime.start(id), rank);
      const info = await runtime.inspect(id);
      if (info) store.note(info);
    });
  }

  private forgetIfGone(id: string, error: unknown): void {
    if (!isRuntimeError(error, 'not-found')) throw error;
    this.parts.store.forget(id);
  }

  /** Remembers what failed and tells people once; an engine that is away is nobody's fault and is thrown on. */
  private trouble(work: PodWork, key: string, reason: string, error: unknown): void {
    if (isRuntimeError(error, 'unreachable')) throw error;
    const message = error instanceof Error ? error.message : String(error);
    this.parts.log.debug({ reason: message, key, pod: work.pod.metadata?.name }, 'a step failed');
    const news = work.memory.failed(key, reason, message);
    const told = key === VOLUMES_TROUBLE || key === SANDBOX_TROUBLE;
    if (news && told) work.event({ eventType: 'Warning', reason, message, container: '' });
  }
}

function containersOf(pod: Pod): Container[] {
  const { initContainers = [], containers } = specOf(pod);
  return [...initContainers, ...containers];
}

function containerOf(pod: Pod, name: string): Container {
  const found = containersOf(pod).find((container) => container.name === name);
  if (!found) throw new Error(`the plan names a container "${name}" that the pod does not have`);
  return found;
}
