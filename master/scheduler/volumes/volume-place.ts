import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { type NodePredicate, nodeSelectorAdmits } from '../constraints/node-affinity.ts';

/** From which nodes a volume can be reached. */
export interface VolumePlace {
  /** Volumes with equal keys can be reached from the same nodes. */
  readonly key: string;
  /** By `spec.nodeAffinity`; nothing when from all. */
  readonly affinity: NodePredicate | undefined;
  /** By labels of zone and region, as volumes had before they had node affinity; nothing when from all. */
  readonly zone: NodePredicate | undefined;
}

/** Labels of zone and region, each with the name that took its place. */
const ZONE_LABELS: ReadonlyMap<string, string> = new Map([
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);
const ALL_ZONE_LABELS = [...ZONE_LABELS.keys()];
/** Between the zones of a volume that is in several. */
const SEPARATOR = '__';

const NOWHERE_IN_PARTICULAR: VolumePlace = { key: '', affinity: undefined, zone: undefined };

export function placeOfVolume({ metadata, spec }: PersistentVolume): VolumePlace {
  const required = spec?.nodeAffinity?.required;
  const zones = Object.entries(metadata?.labels ?? {}).filter(([label]) => ZONE_LABELS.has(label));
  if (!required && zones.length === 0) return NOWHERE_IN_PARTICULAR;
  return {
    key: JSON.stringify([required ?? null, ...zones.sort()]),
    affinity: required && nodeSelectorAdmits(required),
    zone: zones.length > 0 ? zoneAdmits(zones) : undefined,
  };
}

/** A node that says nothing of zones and regions takes volumes of all of them. */
function zoneAdmits(zones: readonly (readonly [label: string, values: string])[]): NodePredicate {
  const wanted = zones.map(([label, values]) => ({
    label,
    heir: ZONE_LABELS.get(label)!,
    values: new Set<string | undefined>(values.split(SEPARATOR)),
  }));
  return (node: Node) => {
    const labels = node.metadata?.labels ?? {};
    if (ALL_ZONE_LABELS.every((label) => labels[label] === undefined)) return true;
    return wanted.every(({ label, heir, values }) => values.has(labels[label] ?? labels[heir]));
  };
}

/** Nodes a volume is filed under: those with one of the values of a label (or, with no key, of the name). */
export interface Pin {
  readonly label: string | undefined;
  readonly values: readonly string[];
}

const HOSTNAME = 'kubernetes.io/hostname';

/**
 * The narrowest condition without which a node cannot reach the volume, for finding the volumes of a node without looking at all:
 * its name or host name, as local volumes have it, or else any label. Nothing when there is no such condition.
 */
export function pinOfVolume({ spec }: PersistentVolume): Pin | undefined {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  if (terms.length !== 1) return undefined;
  const { matchExpressions = [], matchFields = [] } = terms[0]!;
  const name = matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
  if (name) return { label: undefined, values: name.values ?? [] };
  const listed = matchExpressions.filter(({ operator }) => operator === 'In');
  const chosen = listed.find(({ key }) => key === HOSTNAME) ?? listed[0];
  return chosen && { label: chosen.key, values: chosen.values ?? [] };
}
