import { CommandFailure, ServerRefusal } from '../client/failure.ts';

export { CommandFailure, refusedWith, ServerRefusal } from '../client/failure.ts';

export const usageFailure = (message: string) => new CommandFailure(message, 2);

/** The refusal with what was being done to which file in its words, as kubectl puts it. A list of faulty fields stays as it is. */
export function whileDoing(doing: string, source: string, error: unknown): unknown {
  if (!(error instanceof ServerRefusal) || error.status.reason === 'Invalid') return error;
  const message = `error when ${doing} "${source}": ${error.status.message}`;
  return new ServerRefusal({ ...error.status, message });
}
