import { replicaSets } from '../../api/apps/replica-set.ts';
import { pods } from '../../api/core/pod.ts';
import type { Catalogue } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { builtInCatalogue } from '../../api/registry.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { MasterContext } from '../context.ts';
import { customResourceController } from '../custom-resources/controller.ts';
import type { NetworkSettings } from '../network-settings.ts';
import { bootstrapTokenCleaner } from './bootstrap-token-cleaner.ts';
import { certificateRequestApprover } from './certificates/approver.ts';
import { certificateRequestCleaner } from './certificates/cleaner.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts';
import { cronJobController } from './cron-job/controller.ts';
import { daemonSetController } from './daemon-set/controller.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { endpointSliceController } from './endpoint-slice/controller.ts';
import { endpointsController } from './endpoints/controller.ts';
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts';
import { garbageCollector, keptKind } from './garbage-collector.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts';
import type { MetricSource } from './horizontal-pod-autoscaler/metric-source.ts';
import { ingressController } from './ingress/controller.ts';
import { jobController } from './job/controller.ts';
import { orphanedJobPodController } from './job/orphaned-pods.ts';
import type { Controller } from './kit/controller.ts';
import { controllerMetrics } from './kit/metrics.ts';
import { OwnerlessIndex } from './kit/ownerless-index.ts';
import { ControllerRunner } from './kit/runner.ts';
import { kubernetesServiceController } from './kubernetes-service/controller.ts';
import { loadBalancerController } from './load-balancer/controller.ts';
import { namespaceController } from './namespace.ts';
import { taintEvictionController } from './node/eviction.ts';
import { nodeLifecycleController } from './node/lifecycle.ts';
import { nodeIpamController } from './node-ipam/controller.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { podGroupController } from './pod-group/controller.ts';
import { bandQuotaController } from './quota/controller.ts';
import { replicaSetController, replicationController } from './replica-set/controller.ts';
import { resourceQuotaController } from './resource-quota/controller.ts';
import { rootCaController } from './root-ca/controller.ts';
import { assertKnown, type ControllerList, EVERY_CONTROLLER, isChosen } from './selection.ts';
import { serviceAccountController } from './service-account.ts';
import { type ServiceAccountTokenOptions, serviceAccountTokenController } from './service-account-token.ts';
import { statefulSetController } from './stateful-set/controller.ts';
import { volumeBindingController } from './volume-binding/controller.ts';
import { claimProtectionController } from './volume-protection/claim-protection.ts';
import { volumeProtectionController } from './volume-protection/volume-protection.ts';
import { volumeProvisioner } from './volume-provisioner/controller.ts';

const NOTHING_MEASURED: MetricSource = { usage: () => undefined };

/** As in Kubernetes. */
const MAX_ENDED_PODS = 12_500;

export type ControllersOptions = MasterContext & {
  /** How long a node may be silent before it counts as lost. */
  readonly nodeGraceMs: number;
  /** What tokens in Secrets are made with. Absent: none are made. */
  readonly serviceAccountTokens?: ServiceAccountTokenOptions;
  /** What autoscalers look at. */
  readonly scaling?: MetricSource;
  /** Absent: the cell has no network of its own. */
  readonly network?: NetworkSettings;
  /** The kinds there are. Default: those that are part of Stowage itself. */
  readonly catalogue?: Catalogue;
  /** Which of them run. Default: all. */
  readonly chosen?: ControllerList;
};

/** The one that is no controller of the kit: it holds the cell's keys (certificates/signer.ts). */
export const CERTIFICATE_SIGNER = 'certificate-signer';

/**
 * All controllers of the master. `start` expects the cache to be filled; from then on they follow its changes, until `stop`; then they
 * may be started again. One master of a cell runs them at a time (tenure.ts).
 *
 * Throws `UnknownController` where one is chosen that there is not.
 */
export function createControllers(options: ControllersOptions): Service {
  return new Controllers(options);
}

/** Owns one runner per controller and the index they share, from `start` to `stop`. */
class Controllers implements Service {
  readonly #options: ControllersOptions;
  readonly #ownerless: OwnerlessIndex;
  readonly #metrics: ReturnType<typeof controllerMetrics>;
  readonly #catalogue: Catalogue;
  #runners: ControllerRunner[] = [];

  constructor(options: ControllersOptions) {
    this.#options = options;
    this.#catalogue = options.catalogue ?? builtInCatalogue;
    assertKnown(options.chosen ?? EVERY_CONTROLLER, [...this.#all().map(({ name }) => name), CERTIFICATE_SIGNER]);
    this.#ownerless = new OwnerlessIndex(options.cache, [pods, replicaSets] as ResourceDefinition[]);
    this.#metrics = controllerMetrics(options.metrics, () => this.#runners);
  }

  async start(): Promise<void> {
    this.#ownerless.start();
    this.#runners = this.#chosen().map(
      (controller) => new ControllerRunner(controller, this.#options, this.#ownerless, this.#metrics, this.#catalogue),
    );
    await Promise.all(this.#runners.map((runner) => runner.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
    this.#runners = [];
    this.#ownerless.stop();
  }

  #chosen(): Controller[] {
    const { chosen = EVERY_CONTROLLER } = this.#options;
    return this.#all().filter(({ name }) => isChosen(chosen, name));
  }

  #all(): Controller[] {
    const { clock } = this.#options;
    return allControllers({ ...this.#options, startedAtMs: clock.now(), catalogue: this.#catalogue });
  }
}

/** One of each. Made anew for each start: some remember what they have seen. */
export function allControllers({
  startedAtMs,
  catalogue,
  nodeGraceMs,
  serviceAccountTokens,
  scaling = NOTHING_MEASURED,
  network,
}: Pick<ControllersOptions, 'nodeGraceMs' | 'serviceAccountTokens' | 'scaling' | 'network'> & {
  readonly startedAtMs: number;
  readonly catalogue: Catalogue;
}): Controller[] {
  return [
    deploymentController,
    replicaSetController,
    replicationController,
    statefulSetController,
    daemonSetController,
    jobController,
    cronJobController,
    horizontalPodAutoscalerController(catalogue, scaling),
    orphanedJobPodController,
    customResourceController(builtInCatalogue, catalogue),
    garbageCollector(catalogue),
    namespaceController(catalogue),
    nodeLifecycleController({ graceMs: nodeGraceMs, startedAtMs }),
    taintEvictionController,
    podGarbageCollector({ maxEndedPods: MAX_ENDED_PODS }),
    disruptionController(keptKind(catalogue)),
    volumeBindingController(),
    volumeProvisioner(),
    ephemeralVolumeController,
    claimProtectionController,
    volumeProtectionController,
    serviceAccountController,
    clusterRoleAggregationController,
    bootstrapTokenCleaner,
    ...(serviceAccountTokens
      ? [serviceAccountTokenController(serviceAccountTokens), rootCaController(serviceAccountTokens.caPem)]
      : []),
    bandQuotaController(),
    resourceQuotaController(),
    certificateRequestApprover,
    certificateRequestCleaner,
    podGroupController(),
    endpointsController(),
    endpointSliceController(),
    ...(network
      ? [
          nodeIpamController(network),
          loadBalancerController(network),
          kubernetesServiceController(network),
          ingressController(),
        ]
      : []),
  ];
}
