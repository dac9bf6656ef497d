import { createHash } from 'node:crypto';
import { isMirror, MIRROR_ANNOTATION } from '../../api/core/mirror-pod.ts';
import { SYSTEM_CLASSES } from '../../api/scheduling/bands.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';

/** Kubernetes' names for what a static pod carries, and its picture in the API ("Create static Pods"). */
export const SOURCE = 'kubernetes.io/config.source';
export const HASH = 'kubernetes.io/config.hash';
export const SEEN = 'kubernetes.io/config.seen';
/** The file it came from, by its name. */
export const MANIFEST = 'stowage.dev/config.file';

const annotation = ({ metadata }: Pod, name: string): string | undefined => metadata?.annotations?.[name];

/** This machine runs it by itself. */
export const isStatic = (pod: Pod): boolean => annotation(pod, SOURCE) === 'file' && !isMirror(pod);
/** Uid of the pod that a picture shows. */
export const shownUid = (mirror: Pod): string | undefined => annotation(mirror, MIRROR_ANNOTATION);
export const manifestOf = (pod: Pod): string | undefined => annotation(pod, MANIFEST);

/** What a pod of the API says of its source is for this machine to say, lest it passes for one of its own. */
export function fromApi(pod: Pod): Pod {
  if (annotation(pod, SOURCE) === undefined || isMirror(pod)) return pod;
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, [SOURCE]: 'api' } } };
}

/** What is unique among the pods of a cell at any time. */
export function fullName(pod: Pod): string {
  const { namespace, name } = podKey(pod);
  return `${namespace}/${name}`;
}

const DEFAULT_NAMESPACE = 'default';
/** Whatever befalls the node, nobody but its own files ends the pod. */
const TOLERATES_ALL = { operator: 'Exists' as const, effect: 'NoExecute' as const };

/**
 * The pod that a manifest describes, on this node. Its uid follows from what is written and where, so that another text is another
 * pod, and a restarted agent finds the same. Pure.
 */
export function staticPod(written: Pod, file: string, nodeName: string, nowMs: number): Pod {
  const uid = createHash('md5')
    .update(JSON.stringify([nodeName, file, written]))
    .digest('hex');
  const { name, namespace = DEFAULT_NAMESPACE, labels, annotations } = written.metadata ?? {};
  const spec = specOf(written);
  const priority = SYSTEM_CLASSES.get(spec.priorityClassName ?? '');
  const at = new Date(nowMs).toISOString();
  return {
    ...written,
    metadata: {
      name: `${name}-${nodeName}`,
      namespace,
      uid,
      labels,
      annotations: { ...annotations, [SOURCE]: 'file', [HASH]: uid, [SEEN]: at, [MANIFEST]: file },
      creationTimestamp: `${at.slice(0, 19)}Z`,
    },
    spec: {
      ...spec,
      ...(priority !== undefined && { priority }),
      nodeName,
      tolerations: [...(spec.tolerations ?? []), TOLERATES_ALL],
    },
    status: { phase: 'Pending' },
  };
}

/** What the API is told of a static pod. `nodeUid`: of the node object, whose the picture is. */
export function mirrorOf(pod: Pod, nodeName: string, nodeUid: string): Pod {
  const { name, namespace, uid = '', labels, annotations } = pod.metadata ?? {};
  const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeUid, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { ...annotations, [MIRROR_ANNOTATION]: uid },
      ownerReferences: [owner],
    },
    // The API settles the number by the class.
    spec: { ...specOf(pod), priority: undefined },
  };
}
