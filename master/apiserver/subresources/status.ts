import { noSuchPath } from '../../../api/meta/errors.ts';
import type { Answer } from '../answer.ts';
import type { ApiContext, ResourceCall, ResourceHandler } from '../context.ts';
import { get } from '../verbs/get.ts';
import { patch } from '../verbs/patch.ts';
import { update } from '../verbs/update.ts';

/** `status` shows the whole object and writes nothing but its status. */
const onlyWithStatus =
  (handler: ResourceHandler): ResourceHandler =>
  async (context, call): Promise<Answer> => {
    if (!call.resource.hasStatus) throw noSuchPath();
    return handler(context, call);
  };

export const getStatus = onlyWithStatus(get);
export const putStatus = onlyWithStatus((context, call) => update(context, call, 'status'));
export const patchStatus = onlyWithStatus((context, call) => patch(context, call, 'status'));

/** `namespaces/NAME/finalize` takes finalizers off a namespace's spec. */
export async function finalize(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (call.resource.plural !== 'namespaces' || call.resource.group !== '') throw noSuchPath();
  return update(context, call, 'finalize');
}
