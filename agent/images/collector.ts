import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import { PAUSE_IMAGE } from '../pause/image.ts';
import { type ContainerRuntime, isRuntimeError, type StoredImage } from '../runtime.ts';
import { bytesToFree, type CollectionPolicy, imagesToRemove } from './collection.ts';
import type { Disk } from './disk.ts';
import type { ImageUses } from './image-uses.ts';

export interface CollectorParts {
  readonly runtime: Pick<ContainerRuntime, 'images' | 'removeImage'>;
  readonly uses: ImageUses;
  /** Ids of the images of the cell's containers. */
  readonly inUse: () => Iterable<string>;
  /** The disk on which the engine keeps its images; undefined while it is not known, or not on this machine. */
  readonly disk: () => Promise<Disk | undefined>;
  readonly policy: CollectionPolicy;
  /** What goes wrong for lack of images to remove, about the node. */
  readonly event: (event: { eventType: 'Warning'; reason: string; message: string }) => void;
  /** The images on this machine, each time they are listed. */
  readonly listed: (images: readonly StoredImage[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** As often as Kubernetes looks. */
const PERIOD_MS = 300_000;
const PINNED: ReadonlySet<string> = new Set([PAUSE_IMAGE]);

/** Removes images that nobody uses when the disk is short. Owns its timer; one collection runs at a time. */
export class ImageCollector implements Service {
  private readonly parts: CollectorParts;
  private timer: Timer | undefined;
  private stopped = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(parts: CollectorParts) {
    this.parts = parts;
  }

  async start(): Promise<void> {
    await this.parts.uses.load();
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.last.catch(() => {});
    await this.parts.uses.save().catch(() => {});
  }

  /** An image was pulled for the cell. */
  pulled({ id }: Pick<StoredImage, 'id'>): void {
    void this.look([id]);
  }

  /** Lists the images, and remembers which are in use and which were `used` just now. Never rejects. */
  look(used: readonly string[] = []): Promise<void> {
    const { uses, clock } = this.parts;
    const listing = this.inTurn(async () => {
      // In its turn: a list from before a pull would have the new image forgotten.
      for (const id of used) uses.note(id, clock.now());
      await this.list();
    });
    return listing.catch((error) => this.failed(error));
  }

  /**
   * Frees at least `bytesWanted` if there are enough images to do without, and resolves with what was freed, as the images' sizes say;
   * layers that others share stay, so that it may be less. Rejects with the runtime's errors.
   */
  collect(bytesWanted: number): Promise<number> {
    return this.inTurn(() => this.free(bytesWanted));
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = this.parts.clock.setTimer(PERIOD_MS, () => void this.tick().finally(() => this.schedule()));
  }

  private async tick(): Promise<void> {
    const { disk, policy, event } = this.parts;
    try {
      const found = await disk();
      const wanted = found ? bytesToFree(found, policy) : 0;
      if (wanted === 0) return await this.look();
      const freed = await this.collect(wanted);
      if (freed >= wanted) return;
      const message = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
      event({ eventType: 'Warning', reason: 'FreeDiskSpaceFailed', message });
    } catch (error) {
      this.failed(error);
    }
  }

  private async free(bytesWanted: number): Promise<number> {
    const { runtime, uses, policy, clock, log } = this.parts;
    const images = await this.list();
    let freed = 0;
    for (const image of imagesToRemove(images, uses.all, bytesWanted, policy, PINNED, clock.now())) {
      try {
        await runtime.removeImage(image.id);
        freed += image.sizeBytes;
        log.info({ image: image.tags[0] ?? image.digests[0], bytes: image.sizeBytes }, 'removed an unused image');
      } catch (error) {
        // Somebody has begun to use it.
        if (!isRuntimeError(error, 'conflict')) throw error;
      }
    }
    if (freed > 0) await this.list();
    return freed;
  }

  private async list(): Promise<readonly StoredImage[]> {
    const { runtime, uses, inUse, clock, listed } = this.parts;
    const images = await runtime.images();
    for (const id of inUse()) uses.note(id, clock.now());
    uses.keep(new Set(images.map(({ id }) => id)));
    // On a full disk it cannot be written, and that is when images must go.
    await uses.save().catch((error) => this.failed(error));
    listed(images);
    return images;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.catch(() => {}).then(work);
    this.last = turn;
    return turn;
  }

  private failed(error: unknown): void {
    this.parts.log.debug({ err: error }, 'could not look after the images of this machine');
  }
}
