import { podLimits } from '../../api/core/pod-resources.ts';
import { quantityValue } from '../../api/meta/quantity.ts';
import { type Pod, specOf } from '../pod-types.ts';
import type { VolumeSpec } from '../runtime.ts';

/**
 * A volume in memory: as large as its limit, as all the pod's containers together may be, or as all the memory for pods, whichever
 * is least (Kubernetes, "emptyDir", memory backed volumes).
 */
export function memoryVolume(pod: Pod, sizeLimit: string | undefined, allocatableBytes: number): VolumeSpec {
  const { memory } = podLimits(pod);
  const bounds = [sizeLimit, memory].filter((bound) => bound !== undefined).map(quantityValue);
  const sizes = [...bounds, allocatableBytes].filter((bytes) => bytes > 0);
  return {
    kind: 'memory',
    ...(sizes.length > 0 && { sizeBytes: Math.min(...sizes) }),
    group: specOf(pod).securityContext?.fsGroup,
  };
}
