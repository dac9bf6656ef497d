import type { ConfigMap } from '../api/core/config-map.ts';
import type { Container } from '../api/core/container.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Secret } from '../api/core/secret.ts';

/** Short names for the parts of a Pod that the agent works with. */
export type { ConfigMap, Container, Pod, Secret };
export type PodSpec = NonNullable<Pod['spec']>;
export type PodStatus = NonNullable<Pod['status']>;
export type PodCondition = NonNullable<PodStatus['conditions']>[number];
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type ContainerState = NonNullable<ContainerStatus['state']>;
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type VolumeMount = NonNullable<Container['volumeMounts']>[number];

/** ConfigMaps and Secrets of one pod's namespace, as the master sent them. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** What names a pod. */
export interface PodKey {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export function podKey(pod: Pod): PodKey {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  return { namespace, name, uid };
}

export const specOf = (pod: Pod): PodSpec => pod.spec ?? { containers: [] };

/** The grace a pod's containers are given to end, in seconds: that of its deletion, else that of its spec. */
export function graceSeconds(pod: Pod): number {
  return pod.metadata?.deletionGracePeriodSeconds ?? specOf(pod).terminationGracePeriodSeconds ?? 30;
}
