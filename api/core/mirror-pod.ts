import type { Pod } from './pod.ts';

/** On the API's picture of a pod that an agent runs from a file (Kubernetes docs, "Create static Pods"); the value names that pod. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export const isMirror = ({ metadata }: Pick<Pod, 'metadata'>): boolean =>
  metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;
