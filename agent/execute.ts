import type { Logger } from '../platform/log.ts';
import { endContainer } from './container-end.ts';
import { ContainerOperations, type OperationParts, RANK } from './container-operations.ts';
import { sandboxSpec } from './container-spec.ts';
import type { Devices } from './devices.ts';
import { ensureImage } from './images/ensure-image.ts';
import type { Images } from './images/images.ts';
import { runHandler } from './lifecycle/handler.ts';
import { makeContainer, prepareNames } from './make-container.ts';
import type { NodeResources } from './node-resources.ts';
import { ensurePauseImage } from './pause/image.ts';
import { resizeTrouble, SANDBOX_TROUBLE, VOLUMES_TROUBLE } from './plan/state.ts';
import type { Step, StopContainer } from './plan/steps.ts';
import { containerOf, type PodWork, rememberTrouble } from './pod-work.ts';
import { addressOf } from './probes/ask.ts';
import type { RightsParts } from './rights/complete-rights.ts';
import { isRuntimeError, RuntimeError } from './runtime.ts';
import type { VolumeOperations } from './volumes/disk-volumes.ts';

export interface ExecutorParts extends OperationParts, Pick<RightsParts, 'seccompRoot'> {
  readonly resources: Pick<NodeResources, 'prepare' | 'remove'> & { readonly devices: Pick<Devices, 'give'> };
  readonly images: Pick<Images, 'pull'>;
  readonly volumes: VolumeOperations;
  /** Sees to it that policies hold for a pod with this address before its containers start. Absent: there are none. */
  readonly guard?: (pod: PodWork['pod'], podIp: string | undefined) => Promise<void>;
  readonly log: Logger;
  /** The engine's architecture, for the pause image. */
  readonly architecture: () => string;
}

type StepOf<T extends Step['type']> = Extract<Step, { type: T }>;
type Handlers = { readonly [T in Step['type']]: (step: StepOf<T>, work: PodWork) => Promise<void> };

/**
 * Carries steps out: one function per type of step, and nothing decided here. What went wrong is remembered in the pod's memory,
 * where the planner finds it. Rejects only when the engine is away, and for faults nobody foresaw.
 */
export class Executor {
  private readonly parts: ExecutorParts;
  private readonly containers: ContainerOperations;
  private readonly handlers: Handlers;

  constructor(parts: ExecutorParts) {
    this.parts = parts;
    this.containers = new ContainerOperations(parts);
    const making = { ...parts, containers: this.containers, devices: parts.resources.devices };
    this.handlers = {
      prepareVolumes: (step, work) => this.prepareVolumes(step, work),
      createSandbox: (step, work) => this.createSandbox(step, work),
      startSandbox: (step, work) => this.startSandbox(step, work),
      ensureImage: async (step, work) => ensureImage(step, work, parts),
      createContainer: (step, work) => makeContainer(step, work, making),
      startContainer: (step, work) => this.startContainer(step, work),
      runPostStart: async (step, work) => this.runPostStart(step, work),
      resumeContainer: (step, work) => this.resumeContainer(step, work),
      readLastWords: (step, work) => this.readLastWords(step, work),
      resizeContainer: (step, work) => this.resizeContainer(step, work),
      stopContainer: async (step, work) => this.stopContainer(step, work),
      killContainer: (step) => this.containers.kill(step.id),
      removeContainer: (step) => this.containers.remove(step.id),
      removeSandbox: (step) => this.containers.remove(step.id),
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
      await work.sources.settled?.();
      for (const message of await this.parts.volumes.prepareVolumes(work.surroundings(), work.sources)) {
        work.event({ eventType: 'Warning', reason: 'FailedVolumeSetup', message, container: '' });
      }
      work.memory.volumesVersion = step.sourcesVersion;
      work.memory.worked(VOLUMES_TROUBLE);
    } catch (error) {
      this.trouble(work, VOLUMES_TROUBLE, 'FailedMount', error);
    }
  }

  private async createSandbox(step: StepOf<'createSandbox'>, work: PodWork): Promise<void> {
    const { runtime, architecture } = this.parts;
    const around = work.surroundings();
    try {
      const held = await this.parts.volumes.prepareHeld(around, work.sources, runtime);
      const spec = sandboxSpec(step.attempt, around, held);
      await this.containers.create(spec, RANK.makeSandbox).catch(async (error) => {
        if (!isRuntimeError(error, 'image-missing')) throw error;
        await ensurePauseImage(runtime, architecture());
        return this.containers.create(spec, RANK.makeSandbox);
      });
      work.memory.worked(SANDBOX_TROUBLE);
    } catch (error) {
      this.trouble(work, SANDBOX_TROUBLE, 'FailedCreatePodSandBox', error);
    }
  }

  private async startSandbox(step: StepOf<'startSandbox'>, work: PodWork): Promise<void> {
    try {
      this.parts.resources.prepare(work.pod);
      await this.containers.start(step.id, RANK.startSandbox);
      work.memory.worked(SANDBOX_TROUBLE);
    } catch (error) {
      if (isRuntimeError(error, 'not-found')) return this.parts.observer.look(step.id);
      this.trouble(work, SANDBOX_TROUBLE, 'FailedCreatePodSandBox', error);
    }
  }

  private async startContainer(step: StepOf<'startContainer'>, work: PodWork): Promise<void> {
    const { store, clock } = this.parts;
    const { container } = step;
    try {
      // Known before the container is seen to run: it is not ready until its hook is done.
      if (containerOf(work.pod, container)?.lifecycle?.postStart) work.memory.hooks.set(step.id, { state: 'due' });
      // Its pod has its address only since its sandbox runs.
      await prepareNames(work, this.parts.volumes);
      await this.guard(work);
      await this.containers.start(step.id, RANK.start);
      work.event({ eventType: 'Normal', reason: 'Started', message: `Started container ${container}`, container });
    } catch (error) {
      // What is missing may be this container, or the sandbox it was to join.
      if (isRuntimeError(error, 'not-found')) return this.parts.observer.look(step.id);
      if (!isRuntimeError(error, 'failed')) throw error;
      store.failedToStart(step.id, error.message, clock.now());
      work.event({ eventType: 'Warning', reason: 'Failed', message: `Error: ${error.message}`, container });
    }
  }

  private async guard({ pod, surroundings }: PodWork): Promise<void> {
    await this.parts.guard?.(pod, surroundings().podIp).catch((error: Error) => {
      throw new RuntimeError('failed', error.message, error);
    });
  }

  /** In the background: a hook may take as long as it likes, and a pod that is deleted meanwhile does not wait for it. */
  private runPostStart({ container, id }: StepOf<'runPostStart'>, work: PodWork): void {
    const { memory } = work;
    const { lifecycle, ports } = containerOf(work.pod, container) ?? {};
    memory.hooks.set(id, { state: 'running' });
    const place = { id, ports, podIp: addressOf(work.pod, work.surroundings()) };
    const done = lifecycle?.postStart ? runHandler(lifecycle.postStart, place, this.parts) : Promise.resolve();
    done
      .then(() => memory.hooks.set(id, { state: 'done' }))
      .catch((error: Error) => {
        memory.hooks.set(id, { state: 'failed', message: error.message });
        const message = `PostStartHook failed: ${error.message}`;
        work.event({ eventType: 'Warning', reason: 'FailedPostStartHook', message, container });
      })
      .finally(() => work.wake());
  }

  private async resumeContainer({ container, id }: StepOf<'resumeContainer'>, work: PodWork): Promise<void> {
    const { runtime, observer } = this.parts;
    try {
      await runtime.resume(id);
      const message = `Container ${container} was paused by somebody else: it goes on`;
      work.event({ eventType: 'Warning', reason: 'Resumed', message, container });
    } catch (error) {
      if (!isRuntimeError(error, 'not-found')) throw error;
    }
    await observer.look(id);
  }

  private async readLastWords({ container, id }: StepOf<'readLastWords'>, work: PodWork): Promise<void> {
    const { runtime, store, volumes } = this.parts;
    const [spec, ended] = [containerOf(work.pod, container), store.get(id)];
    const reading = spec && ended ? volumes.readMessage(spec, ended, work.surroundings().podDir, runtime) : '';
    // A message that cannot be read holds nothing up.
    work.memory.lastWords.set(id, await Promise.resolve(reading).catch(() => ''));
  }

  private async resizeContainer({ container, id, limits }: StepOf<'resizeContainer'>, work: PodWork): Promise<void> {
    const { runtime, observer } = this.parts;
    try {
      this.parts.resources.prepare(work.pod);
      await runtime.update(id, limits);
      work.memory.worked(resizeTrouble(container));
      await observer.look(id);
    } catch (error) {
      if (isRuntimeError(error, 'not-found')) return observer.look(id);
      this.trouble(work, resizeTrouble(container), 'ResizeError', error);
    }
  }

  /** Asks it to end, in the background: what comes of it is seen in the engine's events. */
  private stopContainer(step: StopContainer, work: PodWork): void {
    const { clock, log } = this.parts;
    const { id, container, graceSeconds, why } = step;
    work.memory.stopping.set(id, { sinceMs: clock.now(), graceSeconds });
    const message = `Stopping container ${container}${why ? `: ${why}` : ''}`;
    work.event({ eventType: 'Normal', reason: 'Killing', message, container });
    const { lifecycle, ports } = containerOf(work.pod, container) ?? {};
    const place = { id, ports, podIp: addressOf(work.pod, work.surroundings()) };
    const ending = { ...place, container, graceSeconds, preStop: lifecycle?.preStop, event: work.event };
    endContainer(ending, this.parts).catch((error) => {
      log.warn({ err: error, container: id }, 'could not stop a container; trying again');
      work.memory.stopping.delete(id);
      clock.setTimer(1_000, () => work.wake());
    });
  }

  private async removeVolumes(work: PodWork): Promise<void> {
    await work.settled();
    const left = await this.parts.volumes.removeVolumes(work.surroundings(), this.parts.runtime);
    if (left.length > 0)
      this.parts.log.warn({ left }, 'left alone what somebody has mounted among the volumes of a pod');
    this.parts.resources.remove(work.pod);
    work.memory.volumesOnDisk = false;
  }

  private trouble(work: PodWork, key: string, reason: string, error: unknown): void {
    rememberTrouble(work, key, reason, error, this.parts.log);
  }
}
