import { isApiError } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Answer } from '../answer.ts';
import { type ApiContext, type ResourceCall, writerOf } from '../context.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { negotiate } from '../negotiation.ts';
import { renderList } from '../render.ts';
import { keptAs } from '../versions.ts';
import { selectPage } from './list.ts';

/** Deletions under way at once: enough for the store to group their commits. */
const PARALLEL = 32;

/** Deletes every object of the selection, or as many as its limit says, and shows what was deleted. */
export async function removeCollection(context: ApiContext, call: ResourceCall): Promise<Answer> {
  negotiate(call, 'many');
  const { options, dryRun } = readDeleteOptions(call);
  const { objects: doomed, meta } = await selectPage(context, call);
  const deleted: ApiObject[] = [];
  const writer = writerOf(call, dryRun);
  for (let at = 0; at < doomed.length; at += PARALLEL) {
    const outcomes = await Promise.all(
      doomed.slice(at, at + PARALLEL).map(({ metadata }) =>
        context.objects
          .delete(keptAs(call), metadata?.namespace, metadata?.name ?? '', writer, options)
          .then(({ object }) => object)
          .catch(ignoreGone),
      ),
    );
    deleted.push(...outcomes.filter((object) => object !== undefined));
  }
  return renderList(context, call, deleted, meta);
}

/** Somebody else deleted it first: what was wanted has happened. */
function ignoreGone(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
}
