import { ScaleSchema } from '../../../api/autoscaling/scale.ts';
import { decodeWith } from '../../../api/meta/decode.ts';
import type { ScaleAccess } from '../../../api/meta/definition.ts';
import { badRequest, conflict, invalid, noSuchPath, notFound } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { invalidValue } from '../../../api/meta/validation.ts';
import { modified } from '../../objects/metadata-rules.ts';
import { type Answer, json } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall, writerOf } from '../context.ts';
import { bodyOf, judgeUnknown } from '../decode-object.ts';
import { freshen } from '../freshness.ts';
import { parsePatch } from '../patch-body.ts';
import { type FieldValidation, revisionParameter, writeQuery } from '../query-options.ts';
import { expectedRevision } from '../verbs/update.ts';

/** `scale` of any kind that has replicas (autoscaling/v1 Scale): a view of its object, and a way to set one number in it. */

interface Scale {
  metadata?: { name?: string; namespace?: string; uid?: string; resourceVersion?: string };
  spec?: { replicas?: number };
}

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales' };

export async function getScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const access = accessOf(call);
  await freshen(context, revisionParameter(call.query));
  const object = context.cache.get(call.resource, call.target.namespace, nameIn(call));
  if (!object) throw notFound(call.resource, nameIn(call));
  return json(200, scaleOf(access, object));
}

export async function putScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const { fieldValidation } = writeQuery(call.query);
  const scale = decodeScale(call, bodyOf(call), fieldValidation);
  return write(context, call, () => scale);
}

export async function patchScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const access = accessOf(call);
  const { fieldValidation } = writeQuery(call.query);
  const apply = parsePatch(ScaleSchema, call.headers['content-type'], call.body);
  return write(context, call, (current) => decodeScale(call, apply(scaleOf(access, current)), fieldValidation));
}

async function write(context: ApiContext, call: ResourceCall, next: (current: ApiObject) => Scale): Promise<Answer> {
  const access = accessOf(call);
  const change = (current: ApiObject) => {
    const scale = next(current);
    refuseOther(call, scale, current);
    access.setReplicas(current, scale.spec?.replicas ?? 0);
  };
  const writer = writerOf(call, writeQuery(call.query).dryRun);
  const { namespace } = call.target;
  const stored = await context.objects.update(call.resource, namespace, nameIn(call), change, writer, {
    part: 'scale',
  });
  return json(200, scaleOf(access, stored));
}

function accessOf(call: ResourceCall): ScaleAccess<ApiObject> {
  if (!call.resource.scale) throw noSuchPath();
  return call.resource.scale;
}

function scaleOf(access: ScaleAccess<ApiObject>, object: ApiObject) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metaOf(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: access.specReplicas(object) },
    status: { replicas: access.statusReplicas(object), selector: access.selector(object) },
  };
}

function decodeScale(call: ResourceCall, value: unknown, fieldValidation: FieldValidation): Scale {
  const { object, unknown } = decodeWith(ScaleSchema, value, 'Scale');
  if (object.kind && object.kind !== SCALE.kind) {
    throw badRequest(`${object.kind} cannot be handled as a Scale: this path takes a Scale of autoscaling/v1`);
  }
  call.warnings.push(...judgeUnknown(SCALE, unknown, fieldValidation));
  const scale: Scale = object;
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) {
    const fault = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid(SCALE, nameIn(call), [fault]);
  }
  return scale;
}

/** Throws when the Scale names another object, or a version that is no more. */
function refuseOther(call: ResourceCall, scale: Scale, current: ApiObject): void {
  const { name, namespace, uid, resourceVersion } = scale.metadata ?? {};
  const found = metaOf(current);
  if (name && name !== found.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${found.name})`);
  }
  if (namespace && namespace !== found.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (uid && uid !== found.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found.uid}`;
    throw conflict(call.resource, nameIn(call), why);
  }
  const expected = expectedRevision(resourceVersion);
  if (expected && expected !== found.resourceVersion) throw modified(call.resource, nameIn(call));
}
