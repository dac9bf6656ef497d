import type { Pod } from '../../../api/core/pod.ts';
import type { BandPolicy, Scoring } from '../../../api/stowage/scheduling-policy.ts';
import { type ReferenceWorld, specOf } from './world.fixture.ts';

/** What the cell's policy says of a pod. */

/** The first band, from the most important down, that the pod's priority reaches. */
export function bandPolicyOf({ policy }: ReferenceWorld, pod: Pod): BandPolicy {
  const priority = specOf(pod).priority ?? 0;
  return policy.bands.find(({ minPriority }) => priority >= minPriority)!;
}

/** The scoring of the pod's profile, or else of its band. */
export function scoringOf(world: ReferenceWorld, pod: Pod): Scoring {
  const name = specOf(pod).schedulerName ?? 'default-scheduler';
  const profile = world.policy.profiles.find(({ schedulerName }) => schedulerName === name);
  return profile?.scoring ?? bandPolicyOf(world, pod).scoring;
}
