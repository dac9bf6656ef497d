import type { Answer } from '../answer.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { readObject, settleNamespace } from '../decode-object.ts';
import { managingWriter } from '../field-manager.ts';
import { negotiate } from '../negotiation.ts';
import { objectWarnings } from '../object-warnings.ts';
import { writeQuery } from '../query-options.ts';
import { renderObject } from '../render.ts';
import { keptAs, newKeptForm } from '../versions.ts';

/** Makes an object; 201 with the object as stored. */
export async function create(context: ApiContext, call: ResourceCall): Promise<Answer> {
  // A client that could not read the answer is refused before anything happens.
  negotiate(call, 'one');
  const query = writeQuery(call.query);
  const { object, warnings } = readObject(call, query.fieldValidation);
  call.warnings.push(...warnings);
  settleNamespace(call, object);
  const kept = await newKeptForm(call.resource, object);
  const stored = await context.objects.create(keptAs(call), kept, managingWriter(call, query));
  call.warnings.push(...objectWarnings(keptAs(call), stored));
  return renderObject(context, call, stored, 201);
}
