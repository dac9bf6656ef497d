import { type Node, nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { mountCredentials } from '../../api/core/service-account-mount.ts';
import { apiVersionOf } from '../../api/meta/definition.ts';
import { metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';

/** Objects as the API would have stored them: with all defaults, identity and status. */

const CREATED = timestamp(Date.UTC(2030, 0, 1));
const SCHEDULED = { type: 'PodScheduled', status: 'True' as const, lastTransitionTime: CREATED };

const toleration = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }) as const;
const TROUBLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Stands in for a random UID: as long, and no other pod's. */
export const uidOf = ({ metadata: { namespace, name } = {} }: Pod): string => `${namespace}/${name}`.padEnd(36, '.');

export function storedNode(node: Node): Node {
  nodes.setDefaults(node);
  const meta = { ...node.metadata, uid: `node-${metaOf(node).name}`, creationTimestamp: CREATED, resourceVersion: '1' };
  return fresh({ apiVersion: apiVersionOf(nodes), kind: nodes.kind, ...node, metadata: meta });
}

export function storedPod(pod: Pod): Pod {
  const priority = pod.spec?.priority ?? 0;
  pods.prepareForCreate?.(pod);
  pods.setDefaults(pod);
  mountCredentials(pod);
  Object.assign(pod.spec!, {
    priority,
    preemptionPolicy: 'PreemptLowerPriority',
    serviceAccount: 'default',
    serviceAccountName: 'default',
    tolerations: [...(pod.spec!.tolerations ?? []), ...TROUBLE.map(toleration)],
  });
  const known = { uid: uidOf(pod), creationTimestamp: CREATED, generation: 1, resourceVersion: '1' };
  return fresh({ apiVersion: apiVersionOf(pods), kind: pods.kind, ...pod, metadata: { ...pod.metadata, ...known } });
}

/** A pod after its bind, as the store tells of it. */
export const boundPod = (pod: Pod, nodeName: string): Pod =>
  fresh({
    ...pod,
    metadata: { ...pod.metadata, generation: 2, resourceVersion: '2' },
    spec: { ...pod.spec!, nodeName },
    status: { ...pod.status, conditions: [SCHEDULED] },
  });

/** The same, read from text: shares nothing with any other object, as what comes from a store. */
const fresh = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
