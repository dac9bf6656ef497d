import type { Session } from '../session.ts';
import { printObjects } from './objects.ts';
import { type GetFlags, planGet } from './plan.ts';
import { printTables } from './tables.ts';
import { watchTargets } from './watch.ts';

/** `stowctl get`. */
export async function get(session: Session, words: readonly string[], flags: GetFlags): Promise<void> {
  const plan = await planGet(session, words, flags);
  if (flags.watch || flags.watchOnly) return watchTargets(session, plan);
  if (plan.format.type === 'table') return printTables(session, plan);
  return printObjects(session, plan, plan.format);
}
