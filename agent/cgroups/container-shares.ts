import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObservedContainer } from '../plan/state.ts';
import { sharesFile } from './control-files.ts';
import { cgroupOf, KERNEL } from './process-cgroup.ts';

/**
 * Sets a running container's shares with the kernel itself: the engine, and so the planner, go on believing in those that the container
 * was made with. Only where its cgroup is to be seen here and bears its id, so that nobody else's process of the same number is meant.
 */
export function setContainerShares({ id, pid }: ObservedContainer, shares: number, places = KERNEL): void {
  const found = pid === undefined ? undefined : cgroupOf(pid, 'cpu', places);
  if (!found?.dir.includes(id)) return;
  const [setting] = sharesFile(found.version, shares);
  try {
    writeFileSync(join(found.dir, setting.file), setting.value);
  } catch {
    // It has ended, or may not be written to.
  }
}
