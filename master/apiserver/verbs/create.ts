import type { Answer } from '../answer.ts';
import { type ApiContext, type ResourceCall, writerOf } from '../context.ts';
import { bodyOf, decodeObject, settleNamespace } from '../decode-object.ts';
import { negotiate } from '../negotiation.ts';
import { objectWarnings } from '../object-warnings.ts';
import { writeQuery } from '../query-options.ts';
import { renderObject } from '../render.ts';

/** Makes an object; 201 with the object as stored. */
export async function create(context: ApiContext, call: ResourceCall): Promise<Answer> {
  // A client that could not read the answer is refused before anything happens.
  negotiate(call.headers.accept, 'one');
  const query = writeQuery(call.query);
  const { object, warnings } = decodeObject(call, bodyOf(call), query.fieldValidation);
  call.warnings.push(...warnings);
  settleNamespace(call, object);
  const stored = await context.objects.create(call.resource, object, writerOf(call, query.dryRun));
  call.warnings.push(...objectWarnings(call.resource, stored));
  return renderObject(context, call, stored, 201);
}
