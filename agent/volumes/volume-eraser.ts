import { basename, isAbsolute } from 'node:path';
import { isToBeErased, localPathNode } from '../../api/core/local-path.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { PersistentVolume } from '../pod-types.ts';
import { removeTree } from './remove-tree.ts';

export interface EraserParts {
  readonly nodeName: string;
  /** Tells the master that nothing is left of a volume. */
  readonly erased: (volume: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long something that is mounted in a volume, or a disk that fails, is waited for. */
const AGAIN_MS = 60_000;

/**
 * The directory of this machine that is to be erased with a volume; undefined: none of ours. Whatever else the volume's object may
 * say, no other directory is ever removed than one that was made for a volume of that name.
 */
export function doomedDirectory(volume: PersistentVolume, nodeName: string): string | undefined {
  const name = volume.metadata?.name ?? '';
  const path = volume.spec?.hostPath?.path ?? '';
  const ours = isToBeErased(volume) && localPathNode(volume) === nodeName;
  const plain = isAbsolute(path) && !path.split('/').includes('..');
  return ours && plain && /^pvc-[0-9a-f-]{36}$/.test(name) && basename(path).startsWith(`${name}_`) ? path : undefined;
}

/**
 * Removes directories of volumes that the master has let go, and says so. The master tells of each again whenever the agent comes
 * back, until it has heard that it is gone. Owns the removals under way and the timers of those that have to wait.
 */
export class VolumeEraser {
  private readonly parts: EraserParts;
  private readonly busy = new Set<string>();
  private readonly timers = new Map<string, Timer>();

  constructor(parts: EraserParts) {
    this.parts = parts;
  }

  /** What a volume is, or has become. */
  told(volume: PersistentVolume): void {
    const path = doomedDirectory(volume, this.parts.nodeName);
    const name = volume.metadata?.name ?? '';
    if (path === undefined || this.busy.has(name)) return;
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
    this.busy.add(name);
    void this.erase(name, path)
      .catch((error: Error) => error.message)
      .then((fault) => {
        this.busy.delete(name);
        if (fault === undefined) return this.parts.erased(name);
        this.parts.log.warn({ volume: name, path, fault }, 'could not erase a volume; trying again');
        this.timers.set(
          name,
          this.parts.clock.setTimer(AGAIN_MS, () => this.told(volume)),
        );
      });
  }

  stop(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  private async erase(name: string, path: string): Promise<string | undefined> {
    const left = await removeTree(path);
    if (left.length > 0) return `something is mounted at ${left.join(', ')}`;
    this.parts.log.info({ volume: name, path }, 'erased a volume that nobody claims any more');
    return undefined;
  }
}
