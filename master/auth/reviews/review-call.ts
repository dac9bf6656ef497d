import { invalid } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { Answer } from '../../apiserver/answer.ts';
import type { ApiContext, ResourceCall, ResourceHandler } from '../../apiserver/context.ts';
import { readObject, settleNamespace } from '../../apiserver/decode-object.ts';
import { negotiate } from '../../apiserver/negotiation.ts';
import { writeQuery } from '../../apiserver/query-options.ts';
import { renderObject } from '../../apiserver/render.ts';

/** A handler that answers a review: the same object with its status. Nothing is kept. */
export function reviewHandler<T extends ApiObject>(
  answer: (review: T, context: ApiContext, call: ResourceCall) => object | Promise<object>,
): ResourceHandler {
  return async (context, call): Promise<Answer> => {
    negotiate(call, 'one');
    const { object, warnings } = readObject(call, writeQuery(call.query).fieldValidation);
    call.warnings.push(...warnings);
    settleNamespace(call, object);
    const faults = call.resource.validate(object);
    if (faults.length > 0) throw invalid(call.resource, metaOf(object).name ?? '', faults);
    const status = await answer(object as T, context, call);
    return renderObject(context, call, { ...object, status } as ApiObject, 201);
  };
}
