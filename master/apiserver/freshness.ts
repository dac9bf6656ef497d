import { ApiError } from '../../api/meta/errors.ts';
import type { ApiContext } from './context.ts';

/**
 * Waits until the cache shows what a read asks for (Kubernetes docs, "API concepts", resource versions): without a revision the
 * newest there is, 0 whatever is there, else nothing older than `revision`. Throws 504 for a revision that lies ahead.
 */
export async function freshen(context: ApiContext, revision: number | undefined): Promise<void> {
  if (revision !== undefined && context.cache.revision >= revision) return;
  const newest = await context.store.revision();
  if (revision !== undefined && revision > newest) throw tooLargeRevision(revision, newest);
  await context.cache.waitFor(revision ?? newest);
}

function tooLargeRevision(wanted: number, newest: number): ApiError {
  return new ApiError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${newest}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
