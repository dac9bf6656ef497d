import { notFound } from '../../../api/meta/errors.ts';
import type { Answer } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { revisionParameter } from '../query-options.ts';
import { renderObject } from '../render.ts';
import { keptAs } from '../versions.ts';

/** One object, by default as of now. */
export async function get(context: ApiContext, call: ResourceCall): Promise<Answer> {
  await freshen(context, revisionParameter(call.query), call.warnings);
  const object = context.cache.get(keptAs(call), call.target.namespace, nameIn(call));
  if (!object) throw notFound(call.resource, nameIn(call));
  return renderObject(context, call, object);
}
