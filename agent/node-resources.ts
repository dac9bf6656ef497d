import { setContainerShares } from './cgroups/container-shares.ts';
import { PodCgroups } from './cgroups/pod-cgroups.ts';
import { type PodLimits, podLimits, sharesOf } from './cgroups/pod-limits.ts';
import { containerLimits } from './container-spec.ts';
import type { ContainerStore } from './container-store.ts';
import { Devices } from './devices.ts';
import type { NodeOptions } from './node-options.ts';
import { type Pod, podKey, specOf } from './pod-types.ts';
import { throttledShares } from './pressure/throttle.ts';
import type { RuntimeInfo } from './runtime.ts';

export interface NodeResourcesParts {
  readonly cellId: string;
  readonly options: NodeOptions;
  readonly store: Pick<ContainerStore, 'devices' | 'of'>;
  /** What pods may have of the node; its huge pages are found there by name. */
  readonly room: () => Readonly<Record<string, number>>;
}

/** What of the node is set aside for pods as wholes, and for single containers: cgroups and devices. */
export class NodeResources {
  readonly cgroups: PodCgroups;
  readonly devices: Devices;
  private readonly parts: NodeResourcesParts;
  private cpuShort = false;

  constructor(parts: NodeResourcesParts) {
    const { cellId, options, store } = parts;
    this.parts = parts;
    this.cgroups = new PodCgroups(cellId, () => sharesOf(parts.room().cpu ?? 0));
    this.devices = new Devices({ inUse: () => store.devices(), capacity: options.extendedResources });
  }

  /** The engine has appeared. */
  use(engine: RuntimeInfo): void {
    this.cgroups.use(engine);
  }

  /** What of a pod does not hold on this machine, for people; undefined: all does. */
  get shortcoming(): string | undefined {
    const why = this.cgroups.whyNone;
    if (why === undefined) return undefined;
    return `pods have no cgroups of their own (${why}): limits of a pod as a whole do not hold, nor do shares between pods`;
  }

  /** What containers of the pod are made with. */
  placeOf(pod: Pod): { readonly cgroupParent: string | undefined; readonly podMaxPids: number } {
    return { cgroupParent: this.cgroups.parentOf(podKey(pod).uid), podMaxPids: this.parts.options.podMaxPids };
  }

  /** Before anything of the pod is started, and whenever its resources change. Throws when the kernel refuses. */
  prepare(pod: Pod): void {
    this.cgroups.prepare(podKey(pod).uid, this.limitsOf(pod));
  }

  /** CPU is short, or is so no more: batch and free pods give way to the others. May be said again, for pods that came meanwhile. */
  throttle(cpuShort: boolean, pods: Iterable<Pod>): void {
    this.cpuShort = cpuShort;
    for (const pod of pods) {
      const { uid } = podKey(pod);
      if (this.cgroups.parentOf(uid)) this.cgroups.setShares(uid, this.limitsOf(pod).cpuShares);
      else this.throttleContainers(pod, uid);
    }
  }

  private throttleContainers(pod: Pod, uid: string): void {
    const { initContainers = [], containers, priority } = specOf(pod);
    const specs = new Map([...initContainers, ...containers].map((spec) => [spec.name, spec]));
    for (const container of this.parts.store.of(uid)) {
      const spec = specs.get(container.name);
      if (!spec || container.state !== 'running') continue;
      const { cpuShares } = containerLimits(spec);
      setContainerShares(container, this.cpuShort ? throttledShares(cpuShares, priority) : cpuShares);
    }
  }

  /** All containers of the pod are gone. */
  remove(pod: Pod): void {
    this.cgroups.remove(podKey(pod).uid);
  }

  limitsOf(pod: Pod): PodLimits {
    const pageSizes = Object.keys(this.parts.room()).filter((name) => name.startsWith('hugepages-'));
    const limits = podLimits(pod, this.parts.options.podMaxPids, pageSizes);
    if (!this.cpuShort) return limits;
    return { ...limits, cpuShares: throttledShares(limits.cpuShares, specOf(pod).priority) };
  }
}
