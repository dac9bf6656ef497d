import {
  ApiError,
  badRequest,
  internalError,
  noSuchPath,
  type Status,
  unavailable,
  unsupportedMediaType,
} from '../../api/meta/errors.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import { KindNotHeld } from '../store/cache.ts';
import { StoreUnavailable } from '../store/store.ts';
import { BODY_TYPES } from './body.ts';

/**
 * The one place where trouble becomes a `Status`. What nobody foresaw is told to the client only by an id, under which the log
 * holds the rest.
 */
export function statusOf(error: unknown, log: Logger, rng: Rng): Status {
  if (error instanceof ApiError) return error.status;
  if (error instanceof StoreUnavailable) {
    return unavailable(`the store did not answer: ${error.message}`, error).status;
  }
  // The kind went while the request was under way.
  if (error instanceof KindNotHeld) return noSuchPath().status;
  const framework = frameworkFault(error);
  if (framework) return framework.status;
  const id = rng.uuid();
  log.error({ errorId: id, error: describe(error) }, 'a request failed in a way that nobody foresaw');
  return internalError(`an unexpected fault; the log of the master has it as ${id}`, error).status;
}

/** Faults that fastify finds before a handler runs. They carry a `statusCode`. */
function frameworkFault(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  if (error.statusCode === 415) return unsupportedMediaType('', BODY_TYPES);
  if (error.statusCode === 400) return badRequest(error.message, error);
  return undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
