import { ScaleSchema, scaleColumns } from '../../../api/autoscaling/scale.ts';
import { decodeWith } from '../../../api/meta/decode.ts';
import { apiVersionOf, type ScaleAccess } from '../../../api/meta/definition.ts';
import { badRequest, conflict, invalid, noSuchPath, notFound } from '../../../api/meta/errors.ts';
import type { JsonObject } from '../../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { tableOf } from '../../../api/meta/table.ts';
import { invalidValue } from '../../../api/meta/validation.ts';
import { modified } from '../../objects/metadata-rules.ts';
import { type Answer, json, valueAnswer } from '../answer.ts';
import { applyTo } from '../apply.ts';
import { isApplyPatch, readConfiguration } from '../apply-body.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { bodyOf, judgeUnknown } from '../decode-object.ts';
import { managingWriter } from '../field-manager.ts';
import { freshen } from '../freshness.ts';
import { negotiate } from '../negotiation.ts';
import { parsePatch } from '../patch-body.ts';
import { type FieldValidation, patchQuery, revisionParameter, type WriteQuery, writeQuery } from '../query-options.ts';
import { includeObject } from '../render.ts';
import { expectedRevision } from '../verbs/update.ts';
import { keptAs, servedForms, updateInVersion } from '../versions.ts';

/** `scale` of any kind that has replicas (autoscaling/v1 Scale): a view of its object, and a way to set one number in it. */

interface Scale {
  metadata?: { name?: string; namespace?: string; uid?: string; resourceVersion?: string };
  spec?: { replicas?: number };
}

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', columns: scaleColumns };

export async function getScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const access = accessOf(call);
  await freshen(context, revisionParameter(call.query));
  const object = context.cache.get(keptAs(call), call.target.namespace, nameIn(call));
  if (!object) throw notFound(call.resource, nameIn(call));
  const scale = scaleOf(access, await servedForm(call, object));
  const { form } = negotiate(call, 'one');
  if (form.as !== 'table') return valueAnswer(200, scale, call.headers.accept);
  const { resourceVersion } = scale.metadata;
  const apiVersion = `meta.k8s.io/${form.version}` as const;
  const options = { apiVersion, resourceVersion, includeObject: includeObject(call.query) };
  return json(200, tableOf(SCALE, [scale], context.clock.now(), options));
}

export async function putScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const query = writeQuery(call.query);
  const scale = decodeScale(call, bodyOf(call), query.fieldValidation);
  return write(context, call, query, () => scale);
}

export async function patchScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (isApplyPatch(call)) return applyScale(context, call);
  const access = accessOf(call);
  const query = patchQuery(call.query, 'other');
  const apply = parsePatch(ScaleSchema, call.headers['content-type'], call.body);
  const next = (current: ApiObject) => decodeScale(call, apply(scaleOf(access, current)), query.fieldValidation);
  return write(context, call, query, next);
}

/** The number alone is applied, to the object itself; its manager is known as one who goes through `scale`. */
async function applyScale(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const access = accessOf(call);
  const query = patchQuery(call.query, 'apply');
  const scale = readConfiguration(call, { ...SCALE, schema: ScaleSchema }, query.fieldValidation);
  const { replicas } = decodeScale(call, scale, 'Ignore').spec ?? {};
  const { apiVersion, kind } = { apiVersion: apiVersionOf(call.resource), kind: call.resource.kind };
  const configuration = { apiVersion, kind, metadata: scale.metadata ?? {}, spec: {} } as ApiObject;
  if (replicas !== undefined) access.setReplicas(configuration, replicas);
  const { stored } = await applyTo(context, call, configuration as JsonObject, query, 'scale');
  return valueAnswer(200, scaleOf(access, await servedForm(call, stored)), call.headers.accept);
}

async function write(
  context: ApiContext,
  call: ResourceCall,
  query: WriteQuery,
  next: (current: ApiObject) => Scale,
): Promise<Answer> {
  const access = accessOf(call);
  const change = (current: ApiObject) => {
    const scale = next(current);
    refuseOther(call, scale, current);
    access.setReplicas(current, scale.spec?.replicas ?? 0);
  };
  const writer = managingWriter(call, query, 'scale');
  const stored = await updateInVersion(context, call, change, writer, { part: 'scale' });
  return valueAnswer(200, scaleOf(access, await servedForm(call, stored)), call.headers.accept);
}

async function servedForm({ resource }: ResourceCall, object: ApiObject): Promise<ApiObject> {
  const [served] = await servedForms(resource, [object]);
  return served!;
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
