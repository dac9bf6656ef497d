import { replicaSets } from '../../api/apps/replica-set.ts';
import { pods } from '../../api/core/pod.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { resourceOfKind, resources } from '../../api/registry.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { MasterContext } from '../context.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job/controller.ts';
import { orphanedJobPodController } from './job/orphaned-pods.ts';
import type { Controller } from './kit/controller.ts';
import { controllerMetrics } from './kit/metrics.ts';
import { OwnerlessIndex } from './kit/ownerless-index.ts';
import { ControllerRunner } from './kit/runner.ts';
import { namespaceController } from './namespace.ts';
import { taintEvictionController } from './node/eviction.ts';
import { nodeLifecycleController } from './node/lifecycle.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { podGroupController } from './pod-group/controller.ts';
import { bandQuotaController } from './quota/controller.ts';
import { replicaSetController } from './replica-set/controller.ts';
import { serviceAccountController } from './service-account.ts';
import { volumeBindingController } from './volume-binding/controller.ts';

/** As in Kubernetes. */
const MAX_ENDED_PODS = 12_500;

export type ControllersOptions = MasterContext & {
  /** How long a node may be silent before it counts as lost. */
  readonly nodeGraceMs: number;
};

/**
 * All controllers of the master. `start` expects the cache to be filled; from then on they follow its changes. One master of a cell
 * runs them at a time.
 */
export function createControllers(options: ControllersOptions): Service {
  return new Controllers(options);
}

/** Owns one runner per controller and the index they share, from `start` to `stop`. */
class Controllers implements Service {
  readonly #options: ControllersOptions;
  readonly #ownerless: OwnerlessIndex;
  readonly #metrics: ReturnType<typeof controllerMetrics>;
  #runners: ControllerRunner[] = [];

  constructor(options: ControllersOptions) {
    this.#options = options;
    this.#ownerless = new OwnerlessIndex(options.cache, [pods, replicaSets] as ResourceDefinition[]);
    this.#metrics = controllerMetrics(options.metrics, () =>
      this.#runners.map((runner): [string, number] => [runner.name, runner.depth]),
    );
  }

  async start(): Promise<void> {
    this.#ownerless.start();
    this.#runners = this.#controllers().map(
      (controller) => new ControllerRunner(controller, this.#options, this.#ownerless, this.#metrics),
    );
    await Promise.all(this.#runners.map((runner) => runner.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
    this.#runners = [];
    this.#ownerless.stop();
  }

  #controllers(): Controller[] {
    const { clock, nodeGraceMs } = this.#options;
    return [
      deploymentController,
      replicaSetController,
      jobController,
      orphanedJobPodController,
      garbageCollector(resources, resourceOfKind),
      namespaceController(resources),
      nodeLifecycleController({ graceMs: nodeGraceMs, startedAtMs: clock.now() }),
      taintEvictionController,
      podGarbageCollector({ maxEndedPods: MAX_ENDED_PODS }),
      disruptionController(resources, resourceOfKind),
      volumeBindingController(),
      serviceAccountController,
      bandQuotaController(),
      podGroupController(),
    ];
  }
}
