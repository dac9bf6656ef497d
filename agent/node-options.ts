import { DEFAULT_THRESHOLDS, type Threshold } from './pressure/thresholds.ts';

/** Amounts by resource name, in the units of `unitsOf` (CPU in thousandths of a core, all else whole: bytes, devices). */
export type Amounts = Readonly<Record<string, number>>;

/** How a machine is shared between pods and everything else, and when pods must give way. */
export interface NodeOptions {
  /** Most pods on the node. */
  readonly maxPods: number;
  /** Most processes and threads of one pod; 0: as many as the machine can have. */
  readonly podMaxPids: number;
  /** Kept back from pods: for the operating system, and for engine and agent. */
  readonly systemReserved: Amounts;
  readonly kubeReserved: Amounts;
  /** Devices and the like, counted: `nvidia.com/gpu`. */
  readonly extendedResources: Amounts;
  readonly evictionHard: readonly Threshold[];
  readonly evictionSoft: readonly Threshold[];
  /** Longest grace of a pod that is evicted for a soft threshold, in seconds. */
  readonly evictionMaxPodGraceSeconds: number;
  /** How long a condition of pressure stays after the last sign of it. */
  readonly pressureTransitionMs: number;
  /** Names of sysctls beside the safe ones that pods may set; one that ends in `*` means all that begin so. */
  readonly allowedUnsafeSysctls: readonly string[];
  /** Where seccomp profiles of pods lie; default `seccomp` in the data directory. */
  readonly seccompRoot?: string;
}

/** Kubernetes' defaults; nothing is reserved, as everything else on a machine of a small cell is small. */
export const DEFAULT_NODE_OPTIONS: NodeOptions = {
  maxPods: 110,
  podMaxPids: 0,
  systemReserved: {},
  kubeReserved: {},
  extendedResources: {},
  evictionHard: DEFAULT_THRESHOLDS,
  evictionSoft: [],
  evictionMaxPodGraceSeconds: 0,
  pressureTransitionMs: 5 * 60_000,
  allowedUnsafeSysctls: [],
};
