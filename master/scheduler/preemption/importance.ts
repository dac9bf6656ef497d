import type { Resident } from '../resident.ts';

/** The most important first: by priority, then who started first. */
export function byImportance(a: Resident, b: Resident): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.started !== b.started) return a.started < b.started ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}

/** Who will be gone last first. */
export function byDeparture(a: Resident, b: Resident): number {
  if (a.goneBy !== b.goneBy) return a.goneBy > b.goneBy ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}
