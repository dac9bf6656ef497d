import { type CommandFailure, refusedWith, ServerRefusal } from '../failure.ts';
import type { Session } from '../session.ts';
import type { GetPlan } from './plan.ts';

/** Runs one of several requests: a refusal is kept for the end, so that the others are still shown. */
export async function attempt<T>(
  failures: CommandFailure[],
  plan: GetPlan,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    if (!(plan.flags.ignoreNotFound && refusedWith(error, 404))) failures.push(error);
    return undefined;
  }
}

/** Prints all but the last failure, and throws that one. */
export function raise(session: Session, failures: readonly CommandFailure[]): void {
  for (const failure of failures.slice(0, -1)) session.terminal.err(`${failure.message}\n`);
  const last = failures.at(-1);
  if (last) throw last;
}
