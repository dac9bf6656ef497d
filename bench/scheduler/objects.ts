import type { Affinity, PodAffinityTerm } from '../../api/core/affinity.ts';
import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod, PodSpec } from '../../api/core/pod.ts';
import type { PodGroup } from '../../api/stowage/pod-group.ts';

/** Nodes and pods of the sizes that Kubernetes' scheduler_perf uses, as a client would send them. */

export const ZONE = 'topology.kubernetes.io/zone';
export const HOSTNAME = 'kubernetes.io/hostname';

export interface NodeTraits {
  readonly name: string;
  readonly zone?: string;
  /** How many pods it takes. Default 110. */
  readonly pods?: number;
}

/** 4 CPUs, 32 GiB, ready. */
export function node({ name, zone, pods = 110 }: NodeTraits): Node {
  const amounts = { cpu: '4', memory: '32Gi', pods: String(pods) };
  const system = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  return {
    metadata: { name, labels: { ...system, [HOSTNAME]: name, ...(zone && { [ZONE]: zone }) } },
    spec: {},
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions: [{ type: 'Ready', status: 'True', reason: 'AgentReady' }],
    },
  };
}

export interface PodTraits {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  /** Default 100m and 500Mi; `none` asks for nothing. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly none?: boolean;
  /** Further parts of the spec. */
  readonly spec?: Partial<PodSpec>;
}

/** One container with one port. */
export function pod({ namespace, name, labels, annotations, none, spec, ...amounts }: PodTraits): Pod {
  const image = 'registry.k8s.io/pause:3.10';
  const { cpu = '100m', memory = '500Mi' } = amounts;
  const resources = none ? {} : { requests: { cpu, memory }, limits: { cpu, memory } };
  return {
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'pause', image, ports: [{ containerPort: 80 }], resources }], ...spec },
  };
}

export const namespace = (name: string, labels: Record<string, string> = {}): Namespace => ({
  metadata: { name, labels },
});

export const podGroup = (namespace: string, name: string, minMember: number): PodGroup => ({
  metadata: { namespace, name },
  spec: { minMember },
});

/** Pods of this color, wherever they are among these namespaces. */
export const ofColor = (color: string, topologyKey: string, namespaces: string[]): PodAffinityTerm => ({
  labelSelector: { matchLabels: { color } },
  topologyKey,
  namespaces,
});

export const near = (term: PodAffinityTerm): Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
});

export const apart = (term: PodAffinityTerm): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
});

const preferred = (podAffinityTerm: PodAffinityTerm) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }],
});

export const ratherNear = (term: PodAffinityTerm): Affinity => ({ podAffinity: preferred(term) });

export const ratherApart = (term: PodAffinityTerm): Affinity => ({ podAntiAffinity: preferred(term) });

/** Only nodes with one of these values under the label. */
export const onNodesWith = (key: string, values: string[]): Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values }] }],
    },
  },
});

/** Only the node of this name, as a DaemonSet pins its pods. */
export const onNode = (name: string): Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    },
  },
});

/** Evenly over zones, to within 5. */
export const spreadOverZones = (
  color: string,
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway',
): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector: { matchLabels: { color } } },
  ],
});
