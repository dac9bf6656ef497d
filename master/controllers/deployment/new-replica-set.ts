import { deployments } from '../../../api/apps/deployment.ts';
import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { create, type Decision, updateStatus } from '../kit/decision.ts';
import { controllerReference } from '../kit/ownership.ts';
import { copiedAnnotations, nextRevision, REVISION } from './revisions.ts';
import { COMPONENT, type Rollout, scalingNote, sizeAnnotations, TEMPLATE_HASH } from './rollout.ts';
import { templateHash } from './template-hash.ts';

/**
 * Makes the ReplicaSet of the present template. Where another object has its name already, two templates share a hash: the
 * collision is counted, which gives the next pass another name.
 */
export function createCurrent(view: CacheReader, rollout: Rollout, replicas: number): Decision[] {
  const { deployment } = rollout;
  const { name = '', namespace } = metaOf(deployment);
  const collisions = deployment.status?.collisionCount ?? 0;
  const hash = templateHash(deployment.spec?.template, collisions);
  const setName = `${name}-${hash}`;
  if (view.get(replicaSets, namespace, setName)) return [countCollision(rollout, collisions)];
  const note = { about: deployment, component: COMPONENT, type: 'Warning', reason: 'ReplicaSetCreateError' } as const;
  return [
    create(replicaSets, describe(rollout, setName, hash, replicas), {
      announce: scalingNote(rollout, setName, 0, replicas),
      complain: { ...note, message: `Failed to create new replica set "${setName}"` },
    }),
  ];
}

function describe(rollout: Rollout, name: string, hash: string, replicas: number): ReplicaSet {
  const { deployment } = rollout;
  const { template, selector, minReadySeconds } = structuredClone(deployment.spec!);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
  return {
    metadata: {
      name,
      namespace: metaOf(deployment).namespace,
      labels,
      annotations: {
        ...copiedAnnotations(rollout),
        ...sizeAnnotations(rollout),
        [REVISION]: String(nextRevision(rollout)),
      },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels: { ...labels } } },
    },
  };
}

function countCollision({ deployment }: Rollout, collisions: number): Decision {
  return updateStatus(deployments, deployment, (current) => {
    // Counted once for this name, however often the change is tried.
    if ((current.status?.collisionCount ?? 0) === collisions) {
      current.status = { ...current.status, collisionCount: collisions + 1 };
    }
  });
}
