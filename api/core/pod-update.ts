import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { forbiddenField, invalidValue } from '../meta/validation.ts';
import type { Container } from './container.ts';
import { wideningFaults, withoutNarrowing } from './gated-pod-update.ts';
import { MIRROR_ANNOTATION } from './mirror-pod.ts';
import type { Pod } from './pod.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Toleration } from './taints.ts';

/** What of a pod may change once it is there ("Pods": pod update and replacement). */

const FROZEN =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function deadlineFaults(next: PodSpec, previous: PodSpec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  const before = previous.activeDeadlineSeconds;
  if (before === undefined) return [];
  const after = next.activeDeadlineSeconds;
  if (after === undefined) return [invalidValue(path, null, 'must not update from a positive integer to nil value')];
  return after > before ? [invalidValue(path, after, 'must be less than or equal to previous value')] : [];
}

const lasting = ({ tolerationSeconds: _, ...toleration }: Toleration) => toleration;

function tolerationFaults(next: PodSpec, previous: PodSpec): FieldError[] {
  const kept = (toleration: Toleration) =>
    (next.tolerations ?? []).some((candidate) => equalJson(lasting(candidate), lasting(toleration)));
  return (previous.tolerations ?? []).every(kept)
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function gateFaults(next: PodSpec, previous: PodSpec): FieldError[] {
  const before = new Set(previous.schedulingGates?.map((gate) => gate.name));
  const added = (next.schedulingGates ?? []).filter((gate) => !before.has(gate.name));
  return added.length > 0
    ? [
        forbiddenField(
          'spec.schedulingGates',
          `only deletion is allowed, but found new scheduling gate: ${added.map((gate) => gate.name).join(', ')}`,
        ),
      ]
    : [];
}

const withImagesOf = (containers: readonly Container[], source: readonly Container[]): Container[] =>
  containers.map((container, index) => ({ ...container, image: source[index]?.image }));

const isGated = ({ schedulingGates }: PodSpec): boolean => (schedulingGates?.length ?? 0) > 0;

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** `next` with every field that may change put back to what it was. */
function reverted(next: PodSpec, previous: PodSpec): PodSpec {
  const isGraceRaised = (previous.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1;
  return defined({
    ...(isGated(previous) ? withoutNarrowing(next, previous) : next),
    containers: withImagesOf(next.containers, previous.containers).map(defined),
    initContainers:
      next.initContainers && withImagesOf(next.initContainers, previous.initContainers ?? []).map(defined),
    activeDeadlineSeconds: previous.activeDeadlineSeconds,
    tolerations: previous.tolerations,
    schedulingGates: previous.schedulingGates,
    ...(isGraceRaised && { terminationGracePeriodSeconds: previous.terminationGracePeriodSeconds }),
  });
}

function countFaults(next: PodSpec, previous: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (next.containers.length !== previous.containers.length)
    errors.push(forbiddenField('spec.containers', 'pod updates may not add or remove containers'));
  if ((next.initContainers?.length ?? 0) !== (previous.initContainers?.length ?? 0))
    errors.push(forbiddenField('spec.initContainers', 'pod updates may not add or remove containers'));
  return errors;
}

/** The top-level fields that differ, for the message. */
function differing(next: PodSpec, previous: PodSpec): string {
  const keys = new Set([...Object.keys(next), ...Object.keys(previous)]) as Set<keyof PodSpec>;
  return [...keys].filter((key) => !equalJson(next[key], previous[key])).join(', ');
}

/** Whether a pod is the picture of one that a node runs by itself is settled when it is made ("Create static Pods"). */
function mirrorFaults(next: Pod, previous: Pod): FieldError[] {
  const [after, before] = [next, previous].map(({ metadata }) => metadata?.annotations?.[MIRROR_ANNOTATION]);
  if (after === before) return [];
  return [
    forbiddenField(
      `metadata.annotations[${MIRROR_ANNOTATION}]`,
      'may not add, change or remove the mirror pod annotation',
    ),
  ];
}

export function validatePodUpdate(next: Pod, previous: Pod): FieldError[] {
  if (!next.spec || !previous.spec) return [];
  const counts = countFaults(next.spec, previous.spec);
  if (counts.length > 0) return counts;
  const before = defined(previous.spec);
  const rest = reverted(next.spec, before);
  return [
    ...mirrorFaults(next, previous),
    ...deadlineFaults(next.spec, before),
    ...tolerationFaults(next.spec, before),
    ...gateFaults(next.spec, before),
    ...(isGated(before) ? wideningFaults(next.spec, before) : []),
    ...(equalJson(rest, before)
      ? []
      : [forbiddenField('spec', `${FROZEN}; these were changed: ${differing(rest, before)}`)]),
  ];
}
