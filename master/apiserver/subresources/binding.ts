import { type Pod, pods } from '../../../api/core/pod.ts';
import { decodeWith } from '../../../api/meta/decode.ts';
import { badRequest, conflict, invalid, noSuchPath, type Status } from '../../../api/meta/errors.ts';
import { metadata, metaOf, typeMeta } from '../../../api/meta/object.ts';
import { optional, type Static, string, struct } from '../../../api/meta/schema.ts';
import { invalidValue, required } from '../../../api/meta/validation.ts';
import { timestamp } from '../../../platform/clock.ts';
import { type Answer, statusAnswer } from '../answer.ts';
import { type ApiContext, type ResourceCall, writerOf } from '../context.ts';
import { bodyOf, judgeUnknown } from '../decode-object.ts';
import { writeQuery } from '../query-options.ts';

const BINDING = { group: '', version: 'v1', kind: 'Binding', plural: 'bindings' };

const BindingSchema = struct('io.k8s.api.core.v1.Binding', 'Ties a pod to a node.', {
  ...typeMeta,
  metadata,
  target: optional(
    struct('io.k8s.api.core.v1.ObjectReference', 'The node.', {
      apiVersion: optional(string('Version of the target.')),
      kind: optional(string('Node.')),
      name: optional(string('Name of the node.')),
      namespace: optional(string('Not used.')),
      uid: optional(string('UID of the node.')),
      resourceVersion: optional(string('Not used.')),
      fieldPath: optional(string('Not used.')),
    }),
  ),
});
type Binding = Static<typeof BindingSchema>;

/** `POST pods/NAME/binding`, and `POST bindings` with the pod's name in the body: places a pod on a node, once. */
export async function bind(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (call.resource.plural !== pods.plural || call.resource.group !== pods.group) throw noSuchPath();
  const query = writeQuery(call.query);
  const { object: binding, unknown } = decodeWith(BindingSchema, bodyOf(call), 'Binding');
  call.warnings.push(...judgeUnknown(BINDING, unknown, query.fieldValidation));
  const podName = podNameOf(call, binding);
  const nodeName = nodeNameOf(binding, podName);
  const now = timestamp(context.clock.now());
  const change = (pod: Pod) => place(pod, nodeName, binding, now);
  const writer = writerOf(call, query.dryRun);
  const preconditions = { uid: binding.metadata?.uid || undefined };
  await context.objects.update(pods, call.target.namespace, podName, change, writer, {
    part: 'binding',
    preconditions,
  });
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return statusAnswer(status, call.headers.accept);
}

function podNameOf(call: ResourceCall, binding: Binding): string {
  const inPath = call.target.name;
  const inBody = binding.metadata?.name;
  if (inPath && inBody && inPath !== inBody) {
    throw badRequest(`the name of the object (${inBody}) does not match the name on the URL (${inPath})`);
  }
  const name = inPath ?? inBody;
  if (!name) throw badRequest('a Binding needs metadata.name: the pod to bind');
  return name;
}

function nodeNameOf(binding: Binding, podName: string): string {
  const { kind, name } = binding.target ?? {};
  if (kind && kind !== 'Node') throw invalid(BINDING, podName, [invalidValue('target.kind', kind, 'must be Node')]);
  if (!name) throw invalid(BINDING, podName, [required('target.name', 'the node to bind the pod to')]);
  return name;
}

/** Changes `pod`, or throws 409 when it has a place already or is on its way out. */
function place(pod: Pod, nodeName: string, binding: Binding, now: string): void {
  const meta = metaOf(pod);
  const name = meta.name ?? '';
  if (meta.deletionTimestamp) throw conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw conflict(pods, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  pod.spec!.nodeName = nodeName;
  if (binding.metadata?.annotations) meta.annotations = { ...meta.annotations, ...binding.metadata.annotations };
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: now } as const;
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
}
