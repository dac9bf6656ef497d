import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import {
  isClaimBound,
  isKeptFor,
  SELECTED_NODE,
  volumeFitsClaim,
} from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { Volume } from '../../../api/core/volume.ts';
import { quantityValue } from '../../../api/meta/quantity.ts';
import { NO_PROVISIONER, type StorageClass } from '../../../api/storage/storage-class.ts';
import { matchesTerm } from './node-terms.fixture.ts';
import { nameOf, namespaceOf, podsOn, type ReferenceWorld, residents, specOf } from './world.fixture.ts';

/** Volumes, as Kubernetes' VolumeBinding, VolumeZone, VolumeRestrictions and NodeVolumeLimits have them. */

type Rule = (world: ReferenceWorld, pod: Pod, node: Node) => string[];

const refusal = (text: string, admitted: boolean): string[] => (admitted ? [] : [text]);

export const volumeRefusals: Rule = (world, pod, node) =>
  [missing, immediate, reach, choice, alone, limits, disks].flatMap((rule) => rule(world, pod, node));

/** Names of the claims that the pod uses, each once. */
function claimNames(pod: Pod): string[] {
  const volumes = specOf(pod).volumes ?? [];
  return [...new Set(volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []))];
}

const claimNamed = ({ claims }: ReferenceWorld, namespace: string, name: string) =>
  claims.find((claim) => namespaceOf(claim) === namespace && nameOf(claim) === name);

/** Those of its claims that there are. */
const claimsOf = (world: ReferenceWorld, pod: Pod): PersistentVolumeClaim[] =>
  claimNames(pod).flatMap((name) => claimNamed(world, namespaceOf(pod), name) ?? []);

const classOf = ({ classes }: ReferenceWorld, claim: PersistentVolumeClaim): StorageClass | undefined =>
  classes.find((candidate) => nameOf(candidate) === claim.spec?.storageClassName);

const volumeOf = ({ volumes }: ReferenceWorld, claim: PersistentVolumeClaim): PersistentVolume | undefined =>
  isClaimBound(claim) ? volumes.find((volume) => nameOf(volume) === claim.spec?.volumeName) : undefined;

const missing: Rule = (world, pod) =>
  claimNames(pod).flatMap((name) => {
    const claim = claimNamed(world, namespaceOf(pod), name);
    if (!claim) return [`persistentvolumeclaim "${name}" not found`];
    if (claim.metadata?.deletionTimestamp) return [`persistentvolumeclaim "${name}" is being deleted`];
    return isClaimBound(claim) && !volumeOf(world, claim) ? [`the volume of "${name}" is not there`] : [];
  });

const waits = (world: ReferenceWorld, claim: PersistentVolumeClaim): boolean =>
  classOf(world, claim)?.volumeBindingMode === 'WaitForFirstConsumer';

/** Claims that do not wait for a pod have their volume first. */
const immediate: Rule = (world, pod) => {
  const unbound = claimsOf(world, pod).filter((claim) => !isClaimBound(claim) && !waits(world, claim));
  return refusal('pod has unbound immediate PersistentVolumeClaims', unbound.length === 0);
};

const reach: Rule = (world, pod, node) => {
  const volumes = claimsOf(world, pod).flatMap((claim) => volumeOf(world, claim) ?? []);
  return refusal(
    'node(s) had volume node affinity conflict',
    volumes.every((volume) => reaches(node, volume)),
  );
};

function reaches(node: Node, { spec }: PersistentVolume): boolean {
  const required = spec?.nodeAffinity?.required;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Claims that wait get a volume each, smallest claim first, smallest volume first; or one is made for them. */
const choice: Rule = (world, pod, node) => {
  const waiting = claimsOf(world, pod)
    .filter((claim) => !isClaimBound(claim) && waits(world, claim))
    .sort((a, b) => sizeOf(a) - sizeOf(b) || compare(nameOf(a), nameOf(b)));
  const taken = new Set<PersistentVolume>();
  const allGet = waiting.every((claim) => {
    const volume = isBeingMade(claim) ? undefined : smallestFor(world, claim, node, taken);
    if (volume) taken.add(volume);
    return volume !== undefined || canBeMade(world, claim, node);
  });
  return refusal("node(s) didn't find available persistent volumes to bind", allGet);
};

const sizeOf = ({ spec }: PersistentVolumeClaim): number => quantityValue(spec?.resources?.requests?.storage ?? '0');
const capacityOf = ({ spec }: PersistentVolume): number => quantityValue(spec?.capacity?.storage ?? '0');
const compare = (a: string, b: string): number => (a < b ? -1 : 1);

function smallestFor(
  { volumes }: ReferenceWorld,
  claim: PersistentVolumeClaim,
  node: Node,
  taken: ReadonlySet<PersistentVolume>,
): PersistentVolume | undefined {
  const kept = volumes.filter((volume) => isKeptFor(volume, claim));
  const free = volumes.filter((volume) => !volume.spec?.claimRef && volume.status?.phase === 'Available');
  return (kept.length > 0 ? kept : free)
    .filter((volume) => volumeFitsClaim(volume, claim) && reaches(node, volume) && !taken.has(volume))
    .sort((a, b) => capacityOf(a) - capacityOf(b))[0];
}

const selectedNode = ({ metadata }: PersistentVolumeClaim) => metadata?.annotations?.[SELECTED_NODE];
const isBeingMade = (claim: PersistentVolumeClaim): boolean => selectedNode(claim) !== undefined;

function canBeMade(world: ReferenceWorld, claim: PersistentVolumeClaim, node: Node): boolean {
  if ((selectedNode(claim) ?? nameOf(node)) !== nameOf(node)) return false;
  const { provisioner, allowedTopologies = [] } = classOf(world, claim)!;
  if (provisioner === NO_PROVISIONER) return false;
  const terms = allowedTopologies.map(({ matchLabelExpressions = [] }) => ({
    matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: 'In' as const, values })),
  }));
  return terms.length === 0 || terms.some((term) => matchesTerm(term, node));
}

const alone: Rule = (world, pod) => {
  const exclusive = claimsOf(world, pod).filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod'));
  const used = residents(world).flatMap((other) => claimsOf(world, other));
  return refusal(
    'the claim is for one pod, and another has it',
    exclusive.every((claim) => !used.includes(claim)),
  );
};

const limits: Rule = (world, pod, node) => {
  const csiNode = world.csiNodes.find((candidate) => nameOf(candidate) === nameOf(node));
  const there = new Set(podsOn(world, node).flatMap((other) => claimsOf(world, other)));
  const fits = (csiNode?.spec.drivers ?? []).every(({ name, allocatable }) => {
    const isOfDriver = (claim: PersistentVolumeClaim) => driverOf(world, claim) === name;
    const added = claimsOf(world, pod).filter((claim) => isOfDriver(claim) && !there.has(claim));
    const attached = [...there].filter(isOfDriver);
    return added.length === 0 || attached.length + added.length <= (allocatable?.count ?? Number.POSITIVE_INFINITY);
  });
  return refusal('node(s) exceed max volume count', fits);
};

/** Of the volume, or of the class that will make one. */
function driverOf(world: ReferenceWorld, claim: PersistentVolumeClaim): string | undefined {
  return isClaimBound(claim) ? volumeOf(world, claim)?.spec?.csi?.driver : classOf(world, claim)?.provisioner;
}

/** Disks that the pod names itself, and that one machine alone may write. */
const disks: Rule = (world, pod, node) => {
  const there = podsOn(world, node).flatMap((other) => specOf(other).volumes ?? []);
  const isFree = (specOf(pod).volumes ?? []).every((volume) => there.every((other) => !conflicts(volume, other)));
  return refusal('node(s) had no available disk', isFree);
};

function conflicts({ gcePersistentDisk: a }: Volume, { gcePersistentDisk: b }: Volume): boolean {
  return a !== undefined && b !== undefined && a.pdName === b.pdName && !(a.readOnly && b.readOnly);
}
