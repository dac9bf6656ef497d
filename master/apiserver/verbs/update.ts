import { invalid } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { invalidValue } from '../../../api/meta/validation.ts';
import type { UpdateOptions } from '../../objects/objects.ts';
import type { Answer } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { readObject, settleName, settleNamespace } from '../decode-object.ts';
import { managingWriter } from '../field-manager.ts';
import { negotiate } from '../negotiation.ts';
import { objectWarnings } from '../object-warnings.ts';
import { writeQuery } from '../query-options.ts';
import { renderObject } from '../render.ts';
import { keptAs, updateInVersion } from '../versions.ts';

/** Replaces an object, or one part of it. A resourceVersion or uid in the body must still hold (409). */
export async function update(
  context: ApiContext,
  call: ResourceCall,
  part: UpdateOptions['part'] = 'main',
): Promise<Answer> {
  negotiate(call, 'one');
  const query = writeQuery(call.query);
  const { object, warnings } = readObject(call, query.fieldValidation);
  call.warnings.push(...warnings);
  settleName(call, object);
  settleNamespace(call, object);
  let previous: ApiObject | undefined;
  const { uid, resourceVersion } = metaOf(object);
  const expected = expectedRevision(resourceVersion);
  const stored = await updateInVersion(
    context,
    call,
    (current) => {
      if (call.resource.replacedByRevision && !expected) throw revisionMissing(call);
      previous = current;
      return structuredClone(object);
    },
    managingWriter(call, query, part),
    { part, preconditions: { uid: uid || undefined, resourceVersion: expected } },
  );
  if (part === 'main') call.warnings.push(...objectWarnings(keptAs(call), stored, previous));
  return renderObject(context, call, stored);
}

const revisionMissing = (call: ResourceCall) =>
  invalid(call.resource, nameIn(call), [
    invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);

/** `0` and empty stand for: whatever version is there. */
export const expectedRevision = (resourceVersion: string | undefined): string | undefined =>
  resourceVersion && resourceVersion !== '0' ? resourceVersion : undefined;
