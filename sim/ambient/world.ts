import type { Disk } from '../disk/disk.ts';
import type { Mortal, Timeline } from '../time/timeline.ts';

/** What stands behind the modules and globals that a simulation replaces. */
export interface World {
  readonly timeline: Timeline;
  readonly disk: Disk;
  /** Who is at work below this path; undefined: nobody in particular. */
  ownerOf(path: string): Mortal | undefined;
}

let world: World | undefined;

/** What is done between simulations is done for nobody: it is refused. */
export function enterWorld(next: World | undefined): void {
  world = next;
}

export function theWorld(): World {
  if (!world) throw new Error('time, randomness or a disk was used outside of any simulated world');
  return world;
}
