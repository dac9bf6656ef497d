import { conflict } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { modified } from '../../objects/metadata-rules.ts';
import type { UpdateOptions } from '../../objects/objects.ts';
import type { Answer } from '../answer.ts';
import { isApplyPatch } from '../apply-body.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { decodeObject, settleName, settleNamespace } from '../decode-object.ts';
import { managingWriter } from '../field-manager.ts';
import { negotiate } from '../negotiation.ts';
import { objectWarnings } from '../object-warnings.ts';
import { parsePatch, refuseStrategic } from '../patch-body.ts';
import { patchQuery } from '../query-options.ts';
import { renderObject } from '../render.ts';
import { keptAs, updateInVersion } from '../versions.ts';
import { apply as applyServerSide } from './apply.ts';

/**
 * Patches an object, or one part of it. A lost race is run again on the newer object; a patch that sets a resourceVersion other
 * than the object's is refused (409).
 */
export async function patch(
  context: ApiContext,
  call: ResourceCall,
  part: NonNullable<UpdateOptions['part']> = 'main',
): Promise<Answer> {
  if (isApplyPatch(call)) return applyServerSide(context, call, part);
  negotiate(call, 'one');
  const query = patchQuery(call.query, 'other');
  if (call.resource.custom) refuseStrategic(call.headers['content-type']);
  const apply = parsePatch(call.resource.schema, call.headers['content-type'], call.body);
  let warnings: string[] = [];
  let previous: ApiObject | undefined;
  const change = (current: ApiObject): ApiObject => {
    previous = current;
    const decoded = decodeObject(call, apply(current), query.fieldValidation);
    warnings = decoded.warnings;
    settleName(call, decoded.object);
    settleNamespace(call, decoded.object);
    refuseStale(call, decoded.object, current);
    return decoded.object;
  };
  const writer = managingWriter(call, query, part);
  const stored = await updateInVersion(context, call, change, writer, { part });
  call.warnings.push(...warnings);
  if (part === 'main') call.warnings.push(...objectWarnings(keptAs(call), stored, previous));
  return renderObject(context, call, stored);
}

/** Throws 409 when the patch names a version or identity that the object does not have. */
export function refuseStale(call: ResourceCall, next: ApiObject, current: ApiObject): void {
  const wanted = metaOf(next);
  const found = metaOf(current);
  if (wanted.resourceVersion && wanted.resourceVersion !== found.resourceVersion) {
    throw modified(call.resource, nameIn(call));
  }
  if (wanted.uid && wanted.uid !== found.uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${found.uid}`;
    throw conflict(call.resource, nameIn(call), why);
  }
}
