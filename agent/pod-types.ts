import type { ConfigMap } from '../api/core/config-map.ts';
import type { Container } from '../api/core/container.ts';
import type { PersistentVolume } from '../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../api/core/persistent-volume-claim.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Secret } from '../api/core/secret.ts';
import type { TokenWish } from './tokens/token-wish.ts';

/** Short names for the parts of a Pod that the agent works with. */
export type { ConfigMap, Container, PersistentVolume, PersistentVolumeClaim, Pod, Secret };
export type PodSpec = NonNullable<Pod['spec']>;
export type PodStatus = NonNullable<Pod['status']>;
export type PodCondition = NonNullable<PodStatus['conditions']>[number];
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type ContainerState = NonNullable<ContainerStatus['state']>;
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type VolumeMount = NonNullable<Container['volumeMounts']>[number];

/** ConfigMaps, Secrets and claims of one pod's namespace, and the volumes of its claims, as the master sent them. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  claim?(name: string): PersistentVolumeClaim | undefined;
  persistentVolume?(name: string): PersistentVolume | undefined;
  /** A token of the pod's service account. Throws `Missing` while there is none. Absent: nobody gives any. */
  token?(pod: Pod, wish: TokenWish): string;
  /** Resolves when nothing that the pod's volumes show is being fetched any more, or after a while. */
  settled?(): Promise<void>;
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
