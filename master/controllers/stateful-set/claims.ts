import { type StatefulSet, statefulSets } from '../../../api/apps/stateful-set.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { apiVersionOf, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf, type OwnerReference } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { create, type Decision, update } from '../kit/decision.ts';
import { claimNameOf } from './identity.ts';

interface Claims {
  /** Claims to be made, and owners to be put right. */
  readonly decisions: readonly Decision[];
  /** One of that name is on its way out: whoever wants it waits until it is gone. */
  readonly leaving: boolean;
}

/**
 * The claims of one pod of the set (Kubernetes docs, "StatefulSets", "PersistentVolumeClaim retention"): made where they are missing,
 * and owned by whoever takes them along: by the set with `whenDeleted: Delete`, by a pod that is scaled away with `whenScaled: Delete`.
 */
export function claimsOf(view: CacheReader, set: StatefulSet, ordinal: number, condemned: Pod | undefined): Claims {
  const decisions: Decision[] = [];
  let leaving = false;
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const name = claimNameOf(template, set, ordinal);
    const claim = view.get(persistentVolumeClaims, metaOf(set).namespace, name);
    const owners = ownersOf(set, condemned);
    if (claim && metaOf(claim).deletionTimestamp) leaving = true;
    else if (claim) decisions.push(...corrected(set, claim, owners));
    else if (!condemned) decisions.push(made(set, template, name, owners));
  }
  return { decisions, leaving };
}

function made(set: StatefulSet, template: PersistentVolumeClaim, name: string, owners: OwnerReference[]): Decision {
  const { labels, annotations } = metaOf(template);
  const claim: PersistentVolumeClaim = {
    metadata: {
      name,
      namespace: metaOf(set).namespace,
      labels: { ...labels, ...set.spec?.selector.matchLabels },
      annotations: annotations && { ...annotations },
      ownerReferences: owners.length > 0 ? owners : undefined,
    },
    spec: structuredClone(template.spec),
  };
  const note = { about: set, component: 'statefulset-controller' };
  const message = `create Claim ${name} in StatefulSet ${metaOf(set).name}`;
  return create(persistentVolumeClaims, claim, {
    announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message: `${message} success` },
    complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: `${message} failed` },
  });
}

function ownersOf(set: StatefulSet, condemned: Pod | undefined): OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return [
    ...(whenDeleted === 'Delete' ? [referenceTo(statefulSets, set)] : []),
    ...(condemned && whenScaled === 'Delete' ? [referenceTo(pods, condemned)] : []),
  ];
}

function referenceTo<T extends ApiObject>(resource: ResourceDefinition<T>, object: T): OwnerReference {
  const { name = '', uid = '' } = metaOf(object);
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid };
}

/** Only references to the set and to pods of the claim's own name are ours to change. */
function corrected(set: StatefulSet, claim: PersistentVolumeClaim, wanted: readonly OwnerReference[]): Decision[] {
  const ours = ({ uid, kind, name }: OwnerReference) =>
    uid === metaOf(set).uid || (kind === pods.kind && (metaOf(claim).name ?? '').endsWith(name));
  const present = metaOf(claim).ownerReferences ?? [];
  const kept = present.filter((reference) => !ours(reference));
  const same =
    present.length === kept.length + wanted.length &&
    wanted.every((reference) => present.some(({ uid }) => uid === reference.uid));
  if (same) return [];
  return [
    update(persistentVolumeClaims, claim, (current) => {
      const meta = metaOf(current);
      const all = [...(meta.ownerReferences ?? []).filter((reference) => !ours(reference)), ...wanted];
      meta.ownerReferences = all.length > 0 ? all : undefined;
    }),
  ];
}
