import { ApiError } from '../../api/meta/errors.ts';
import type { ApiContext } from './context.ts';

/**
 * Waits until the cache shows what a read asks for (Kubernetes docs, "API concepts", resource versions): without a revision the
 * newest there is, 0 whatever is there, else nothing older than `revision`. Throws 504 for a revision that lies ahead. Where the store
 * does not answer, who asked for the newest is given the last that is known, and told so by `warnings`; who named a revision gets 503.
 */
export async function freshen(context: ApiContext, revision: number | undefined, warnings?: string[]): Promise<void> {
  if (revision !== undefined && context.cache.revision >= revision) return;
  if (revision === undefined) {
    const ageMs = await context.sight.look();
    if (ageMs > 0) warnings?.push(staleSentence(ageMs));
    return;
  }
  const newest = await context.store.revision();
  if (revision > newest) throw tooLargeRevision(revision, newest);
  await context.cache.waitFor(revision);
}

const staleSentence = (ageMs: number): string =>
  `the store does not answer: this is the state of ${Math.ceil(ageMs / 1_000)} s ago, and nothing can be changed until it is back`;

function tooLargeRevision(wanted: number, newest: number): ApiError {
  return new ApiError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${newest}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
