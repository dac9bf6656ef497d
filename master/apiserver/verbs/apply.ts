import type { UpdateOptions } from '../../objects/objects.ts';
import type { Answer } from '../answer.ts';
import { applyTo } from '../apply.ts';
import { readConfiguration } from '../apply-body.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { negotiate } from '../negotiation.ts';
import { objectWarnings } from '../object-warnings.ts';
import { patchQuery } from '../query-options.ts';
import { renderObject } from '../render.ts';
import { keptAs } from '../versions.ts';

/** Server-side apply: what the body says is set and owned, what its manager said before and says no more goes. 201 when made. */
export async function apply(
  context: ApiContext,
  call: ResourceCall,
  part: NonNullable<UpdateOptions['part']>,
): Promise<Answer> {
  negotiate(call, 'one');
  const query = patchQuery(call.query, 'apply');
  const configuration = readConfiguration(call, call.resource, query.fieldValidation);
  const { stored, created, previous } = await applyTo(context, call, configuration, query, part);
  if (part === 'main') call.warnings.push(...objectWarnings(keptAs(call), stored, previous));
  return renderObject(context, call, stored, created ? 201 : 200);
}
