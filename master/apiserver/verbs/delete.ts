import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { Status } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { type Answer, statusAnswer } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall, writerOf } from '../context.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { negotiate } from '../negotiation.ts';
import { renderObject } from '../render.ts';
import { keptAs } from '../versions.ts';

/** Deletes one object: a Status once it is gone; the object itself while something still holds it, and of kinds that always show it. */
export async function remove(context: ApiContext, call: ResourceCall): Promise<Answer> {
  negotiate(call, 'one');
  const { options, dryRun } = readDeleteOptions(call);
  const { object, gone } = await context.objects.delete(
    keptAs(call),
    call.target.namespace,
    nameIn(call),
    writerOf(call, dryRun),
    options,
  );
  return gone && !call.resource.showsDeleted
    ? statusAnswer(deletedStatus(call.resource, object), call.headers.accept)
    : renderObject(context, call, object);
}

function deletedStatus(resource: ResourceDefinition, object: ApiObject): Status {
  const { name, uid } = object.metadata ?? {};
  const details = { name, group: resource.group || undefined, kind: resource.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}
