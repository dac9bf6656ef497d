import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { noSuchPath, notFound, unavailable } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Placement } from '../../../api/stowage/placement.ts';
import type { Explanation } from '../../scheduler/explanation.ts';
import { type Answer, json } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { revisionParameter } from '../query-options.ts';

/** `GET pods/NAME/placement`: why the pod is where it is, or nowhere. Throws 404 for no such pod, 503 when nobody can tell. */
export async function placement(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (!isSameResource(call.resource, pods)) throw noSuchPath();
  const { namespace = '' } = call.target;
  const name = nameIn(call);
  await freshen(context, revisionParameter(call.query));
  const pod = context.cache.get(pods, namespace, name);
  if (!pod) throw notFound(pods, name);
  if (!context.explainPod) throw unavailable('the scheduler is not running here');
  const explanation = context.explainPod(namespace, name);
  if (!explanation) throw unavailable(`the scheduler has not heard of pod ${namespace}/${name} yet: ask again`);
  return json(200, placementOf(pod, explanation));
}

/** The scheduler's words, with the pod's own account of its place. */
export function placementOf(pod: Pod, explanation: Explanation): Placement {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metaOf(pod);
  const { state, message, nodes, reasons, nearest, remedies } = explanation;
  return {
    kind: 'Placement',
    apiVersion: 'stowage.dev/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    status: {
      ...{ state, message, ...placeOf(pod), nodes },
      reasons: [...reasons],
      ...(nearest && { nearest: { node: nearest.node, lacks: [...nearest.lacks] } }),
      remedies: [...remedies],
    },
  };
}

/** A pod that was made with its node in the spec has no condition to say since when: it has had its place from the start. */
function placeOf({ spec, status, metadata }: Pod): { nodeName?: string; since?: string } {
  if (!spec?.nodeName) return {};
  const scheduled = status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'True');
  return { nodeName: spec.nodeName, since: scheduled?.lastTransitionTime ?? metadata?.creationTimestamp };
}
