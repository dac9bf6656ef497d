import { join } from 'node:path';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import { type Owner, ownerLabels, podUidOf } from '../labels.ts';
import type { PersistentVolume } from '../pod-types.ts';
import { type ContainerRuntime, isRuntimeError } from '../runtime.ts';
import { releaseParts } from './pinned-parts.ts';
import { removeTree } from './remove-tree.ts';
import { endGreedyPods, type SizeLimitParts } from './size-limits.ts';
import { VolumeEraser } from './volume-eraser.ts';

export interface VolumeKeeperParts extends SizeLimitParts {
  readonly owner: Owner;
  readonly runtime: ContainerRuntime;
  /** Whether anything is known of the pod: it is wanted, or something of it is still here. */
  readonly known: (uid: string) => boolean;
  /** Pods that are over and of which nothing runs any more; they are kept for what they have said. */
  readonly over: () => Iterable<string>;
  /** Tells the master that nothing is left of a persistent volume. */
  readonly erased: (volume: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const INTERVAL_MS = 10_000;
/** A round takes no more than this part of the time. */
const MOST_SHARE = 1 / 50;

/**
 * What is to be done about volumes beside mounting them: what holds too much, what is to be erased, what was left behind. Owns the
 * one who erases, and a timer for its rounds: the longer they take, the more seldom they are.
 */
export class VolumeKeeper implements Service {
  private readonly parts: VolumeKeeperParts;
  private readonly eraser: VolumeEraser;
  /** Pods that are over and hold no volumes any more; those that are still here. */
  private emptied = new Set<string>();
  private readonly stopping = new AbortController();
  private timer: Timer | undefined;
  private round: Promise<void> | undefined;

  constructor(parts: VolumeKeeperParts) {
    this.parts = parts;
    const { owner, erased, clock, log } = parts;
    this.eraser = new VolumeEraser({ nodeName: owner.nodeName, erased, clock, log });
  }

  async start(): Promise<void> {
    this.roundAfter(INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.timer?.cancel();
    this.eraser.stop();
    await this.round;
  }

  /** What a persistent volume is, or has become. */
  told(volume: PersistentVolume): void {
    this.eraser.told(volume);
  }

  /**
   * Removes the engine's volumes of pods that are no more: whoever was to do it may have ended before. A pod that comes makes its
   * own again. Never rejects; what fails is tried again when the engine is back the next time.
   */
  async sweep(): Promise<void> {
    const { runtime, owner, known, log } = this.parts;
    try {
      for (const { name, labels } of await runtime.volumes(ownerLabels(owner))) {
        const uid = podUidOf(labels);
        if (uid === undefined || known(uid)) continue;
        log.info({ volume: name }, 'removing a volume of a pod that is no more');
        await runtime.removeVolume(name).catch((error) => {
          if (!isRuntimeError(error, 'conflict')) throw error;
        });
      }
    } catch (error) {
      log.warn({ err: error }, 'could not remove the volumes of pods that are no more');
    }
  }

  private roundAfter(ms: number): void {
    const { clock, log } = this.parts;
    if (this.stopping.signal.aborted) return;
    this.timer = clock.setTimer(ms, () => {
      const since = clock.now();
      this.round = this.look()
        .catch((error) => log.warn({ err: error }, 'could not look after the volumes of pods'))
        .finally(() => this.roundAfter(Math.max(INTERVAL_MS, (clock.now() - since) / MOST_SHARE)));
    });
  }

  private async look(): Promise<void> {
    await endGreedyPods(this.parts, this.stopping.signal);
    await this.emptyWhatIsOver();
  }

  /** A pod that is over needs its volumes no more (Kubernetes, "emptyDir": when a pod is removed from a node). */
  private async emptyWhatIsOver(): Promise<void> {
    const over = new Set(this.parts.over());
    for (const uid of over) {
      if (this.emptied.has(uid) || this.stopping.signal.aborted) continue;
      const dir = this.parts.podDir(uid);
      await releaseParts(dir);
      await removeTree(join(dir, 'volumes'));
      this.emptied.add(uid);
    }
    this.emptied = new Set([...this.emptied].filter((uid) => over.has(uid)));
  }
}
