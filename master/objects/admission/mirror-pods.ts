import type { Pod } from '../../../api/core/pod.ts';

/** On the API's picture of a pod that an agent runs from a file (Kubernetes docs, "Create static Pods"). */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export const isMirror = ({ metadata }: Pod): boolean => metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;
