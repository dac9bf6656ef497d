import type { Pod } from '../../api/core/pod.ts';
import type { PodSpec } from '../../api/core/pod-spec.ts';
import type { Volume } from '../../api/core/volume.ts';

/** A pod, and its spec without the names of nodes in it. */
export interface Read {
  readonly pod: Pod;
  readonly spec: PodSpec;
}

type Container = NonNullable<PodSpec['containers']>[number];

/**
 * Whether two pods are the same in everything the scheduler reads of them. Allocates nothing: most pods come right after another
 * of their template, and this is all they cost then.
 */
export function isReadAlike(a: Read, b: Read): boolean {
  const [specA, specB] = [a.spec, b.spec];
  return (
    specA.priority === specB.priority &&
    specA.schedulerName === specB.schedulerName &&
    specA.hostNetwork === specB.hostNetwork &&
    isSameMeta(a.pod.metadata, b.pod.metadata) &&
    areSameContainers(specA.containers, specB.containers) &&
    areSameContainers(specA.initContainers, specB.initContainers) &&
    isSameJson(specA.tolerations, specB.tolerations) &&
    isSameJson(specA.affinity, specB.affinity) &&
    isSameJson(specA.nodeSelector, specB.nodeSelector) &&
    isSameJson(specA.topologySpreadConstraints, specB.topologySpreadConstraints) &&
    isSameJson(specA.resources, specB.resources) &&
    isSameJson(specA.overhead, specB.overhead) &&
    areSameVolumes(specA.volumes, specB.volumes)
  );
}

function isSameMeta(a: Pod['metadata'], b: Pod['metadata']): boolean {
  return (
    a?.namespace === b?.namespace &&
    !a?.deletionTimestamp === !b?.deletionTimestamp &&
    isSameJson(a?.labels, b?.labels) &&
    isSameJson(a?.ownerReferences, b?.ownerReferences)
  );
}

function areSameContainers(a: readonly Container[] | undefined, b: readonly Container[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!isSameContainer(a[i]!, b[i]!)) return false;
  return true;
}

function isSameContainer(a: Container, b: Container): boolean {
  return (
    a.image === b.image &&
    a.restartPolicy === b.restartPolicy &&
    isSameJson(a.resources, b.resources) &&
    isSameJson(a.ports, b.ports)
  );
}

const MADE_ANYWHERE: ReadonlySet<string> = new Set([
  'configMap',
  'secret',
  'emptyDir',
  'projected',
  'downwardAPI',
  'hostPath',
]);

/** Any machine can make such a volume. It bears on no placement, and its name may be the pod's own. */
export function isMadeAnywhere(volume: Volume): boolean {
  for (const kind in volume) if (kind !== 'name' && !MADE_ANYWHERE.has(kind)) return false;
  return true;
}

function areSameVolumes(a: readonly Volume[] = NONE, b: readonly Volume[] = NONE): boolean {
  for (let i = 0, j = 0; ; i++, j++) {
    while (i < a.length && isMadeAnywhere(a[i]!)) i++;
    while (j < b.length && isMadeAnywhere(b[j]!)) j++;
    if (i >= a.length || j >= b.length) return i >= a.length && j >= b.length;
    if (!isSameJson(a[i], b[j])) return false;
  }
}

const NONE: readonly Volume[] = [];

/** Whether two JSON values are equal; a property that is undefined is one that is absent. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && areSameItems(a, b);
  return has(a as JsonObject, b as JsonObject) && has(b as JsonObject, a as JsonObject, false);
}

type JsonObject = Readonly<Record<string, unknown>>;

function areSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!isSameJson(a[i], b[i])) return false;
  return true;
}

/** Whether `a` has every property that `b` has, and, where wanted, with the same values. */
function has(a: JsonObject, b: JsonObject, same = true): boolean {
  for (const key in b) {
    if (b[key] === undefined) continue;
    if (same ? !isSameJson(a[key], b[key]) : a[key] === undefined) return false;
  }
  return true;
}
