import type { HookState, ObservedContainer, ProbeVerdict } from '../plan/state.ts';
import type { EventStep } from '../plan/steps.ts';
import { type Container, type ContainerStatus, type Pod, type PodStatus, podKey, specOf } from '../pod-types.ts';
import { addressOf } from './ask.ts';
import { ContainerProber, type ProbeGround } from './container-prober.ts';
import type { ProbeTally } from './probe-metrics.ts';
import { hasProbes } from './probe-state.ts';

/** One pod, as its probes need it; each time the pod is looked at anew. */
export interface ProbedPod {
  readonly pod: Pod;
  readonly memory: {
    /** Where verdicts are left, by container id. */
    readonly probes: Map<string, ProbeVerdict>;
    readonly stopping: ReadonlyMap<string, unknown>;
    readonly hooks: ReadonlyMap<string, HookState>;
  };
  surroundings(): { readonly podIp?: string; readonly hostIp: string };
  event(event: Omit<EventStep, 'type'>): void;
  /** A verdict has changed. */
  wake(): void;
}

/** Runs the probes of all running containers of this agent. Owns one prober for each container that has probes. */
export class Probers {
  private readonly ground: ProbeGround;
  /** By pod, then by container id. */
  private readonly pods = new Map<string, Map<string, ContainerProber>>();

  constructor(ground: ProbeGround) {
    this.ground = ground;
  }

  /**
   * Takes up and lets go of the pod's containers as they start and end. `reported`: the pod's status as last known, before it is
   * planned anew.
   */
  watch(work: ProbedPod, containers: readonly ObservedContainer[], reported: PodStatus | undefined): void {
    const { uid } = podKey(work.pod);
    const probers = this.pods.get(uid);
    const specs = probedSpecs(work.pod);
    if (!probers && specs.size === 0) return;
    // Until its postStart hook is done a container has not reached its running state (Kubernetes, "Container Lifecycle Hooks").
    const begun = ({ id, state }: ObservedContainer) =>
      state === 'running' && (work.memory.hooks.get(id)?.state ?? 'done') === 'done';
    const running = containers.filter((container) => container.role !== 'sandbox' && begun(container));
    this.letGo(uid, new Set(running.map(({ id }) => id)));
    for (const container of running) {
      const spec = specs.get(container.name);
      if (spec) this.take(uid, spec, container, work, reported);
    }
  }

  *tallies(): Generator<ProbeTally> {
    for (const probers of this.pods.values()) for (const prober of probers.values()) yield prober.tally;
  }

  stop(): void {
    for (const uid of [...this.pods.keys()]) this.letGo(uid, new Set());
  }

  private letGo(uid: string, running: ReadonlySet<string>): void {
    const probers = this.pods.get(uid);
    if (!probers) return;
    for (const [id, prober] of probers) {
      if (running.has(id)) continue;
      prober.stop();
      probers.delete(id);
    }
    if (probers.size === 0) this.pods.delete(uid);
  }

  private take(
    uid: string,
    spec: Container,
    container: ObservedContainer,
    work: ProbedPod,
    reported: PodStatus | undefined,
  ): void {
    const { id } = container;
    const probers = this.pods.get(uid) ?? new Map<string, ContainerProber>();
    const prober = probers.get(id) ?? this.begin(spec, container, work, reported);
    this.pods.set(uid, probers.set(id, prober));
    if (work.pod.metadata?.deletionTimestamp || work.memory.stopping.has(id)) prober.end();
  }

  private begin(
    spec: Container,
    { id, startedAtMs }: ObservedContainer,
    work: ProbedPod,
    reported: PodStatus | undefined,
  ): ContainerProber {
    const subject = {
      id,
      pod: podKey(work.pod),
      container: spec,
      reported: reportedRunning(reported, spec.name, id),
      startedAtMs: startedAtMs ?? this.ground.clock.now(),
      podIp: () => addressOf(work.pod, work.surroundings()),
      changed: (verdict: ProbeVerdict) => {
        work.memory.probes.set(id, verdict);
        work.wake();
      },
      event: work.event,
    };
    const prober = new ContainerProber(subject, this.ground);
    work.memory.probes.set(id, prober.verdict);
    prober.start();
    return prober;
  }
}

/** Containers that have probes, by name. */
function probedSpecs(pod: Pod): Map<string, Container> {
  const { initContainers = [], containers } = specOf(pod);
  return new Map([...initContainers, ...containers].filter(hasProbes).map((spec) => [spec.name, spec]));
}

function reportedRunning(status: PodStatus | undefined, name: string, id: string): ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const found = all.find((one) => one.name === name && one.containerID === `docker://${id}`);
  return found?.state?.running && found;
}
