import { ephemeralClaimName, isMadeFor } from '../../../api/core/ephemeral-claim.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Volume } from '../../../api/core/volume.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { create, type Decision, event } from '../kit/decision.ts';
import { isTerminating } from '../pods/pod-state.ts';

const COMPONENT = 'ephemeral_volume';

/**
 * Makes the claims of pods' ephemeral volumes, each owned by its pod and so removed after it (Kubernetes docs, "Ephemeral Volumes",
 * "Generic ephemeral volumes"). Keys are pods.
 */
export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume',
  watches: [
    watch(pods, ({ type, object }) =>
      type !== 'deleted' && ephemeralVolumes(object).length > 0 ? [keyOf(object)] : [],
    ),
    watch(persistentVolumeClaims, ({ type, object }) => {
      const owner = controllerOf(object);
      return type === 'deleted' && owner?.kind === 'Pod' ? [`${metaOf(object).namespace}/${owner.name}`] : [];
    }),
  ],
  reconcile(view, key) {
    const pod = lookUp(view, pods, key);
    if (!pod || isTerminating(pod)) return [];
    return ephemeralVolumes(pod).flatMap((volume) => claimDecisions(view, pod, volume));
  },
};

const ephemeralVolumes = ({ spec }: Pod): Volume[] =>
  (spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral?.volumeClaimTemplate);

function claimDecisions(view: CacheReader, pod: Pod, volume: Volume): Decision[] {
  const { namespace, name: podName = '' } = metaOf(pod);
  const name = ephemeralClaimName(podName, volume.name);
  const complaint = (message: string) =>
    ({ about: pod, component: COMPONENT, type: 'Warning', reason: 'FailedBinding', message }) as const;
  const found = view.get(persistentVolumeClaims, namespace, name);
  if (!found)
    return [create(persistentVolumeClaims, claimFor(pod, volume, name), { complain: complaint(`claim "${name}"`) })];
  if (isMadeFor(found, pod)) return [];
  const why = `its claim would be "${name}", and there is one that was not made for this pod: delete it, or rename pod or volume`;
  return [event(complaint(`ephemeral volume ${volume.name}: ${why}`))];
}

function claimFor(pod: Pod, { ephemeral }: Volume, name: string): PersistentVolumeClaim {
  const { namespace, name: podName = '', uid = '' } = metaOf(pod);
  const { metadata, spec } = ephemeral?.volumeClaimTemplate ?? {};
  const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true };
  return {
    metadata: {
      namespace,
      name,
      ...(metadata?.labels && { labels: { ...metadata.labels } }),
      ...(metadata?.annotations && { annotations: { ...metadata.annotations } }),
      ownerReferences: [owner],
    },
    spec: structuredClone(spec),
  };
}
