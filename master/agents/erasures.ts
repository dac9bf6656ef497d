import { isToBeErased, LOCAL_PATH_FINALIZER, localPathNode } from '../../api/core/local-path.ts';
import { type PersistentVolume, persistentVolumes } from '../../api/core/persistent-volume.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { MasterContext } from '../context.ts';
import { LatestWriter } from './latest-writer.ts';

/** What one agent says of volumes that it was to erase. Owns the writes under way, which are tried again while the store is away. */
export class Erasures {
  readonly #context: MasterContext;
  readonly #nodeName: string;
  readonly #writer: LatestWriter<true>;

  constructor(context: MasterContext, nodeName: string) {
    this.#context = context;
    this.#nodeName = nodeName;
    const { clock, rng, log } = context;
    this.#writer = new LatestWriter<true>({
      ...{ clock, rng },
      write: (name) => this.#letGo(name),
      merge: () => true,
      failed: (volume, error) => log.warn({ err: error, volume }, 'could not let an erased volume go'),
    });
  }

  /** Nothing is left of the volume: its object may go. */
  erased(name: string): void {
    this.#writer.put(name, true);
  }

  /** Drops what was not begun: the agent says it again when it is told of the volume again. */
  async stop(): Promise<void> {
    await this.#writer.stop();
  }

  async #letGo(name: string): Promise<void> {
    const { cache, objects } = this.#context;
    const volume = cache.get(persistentVolumes, undefined, name);
    if (!volume || !this.#concerns(volume)) return;
    const user = { user: `${NODE_USER_PREFIX}${this.#nodeName}` };
    const preconditions = { uid: metaOf(volume).uid };
    const release = (current: PersistentVolume) => this.#release(current);
    await objects.update(persistentVolumes, undefined, name, release, user, { preconditions }).catch((error) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  #concerns(volume: PersistentVolume): boolean {
    return isToBeErased(volume) && localPathNode(volume) === this.#nodeName;
  }

  #release(volume: PersistentVolume): void {
    if (!this.#concerns(volume)) return;
    const meta = metaOf(volume);
    meta.finalizers = meta.finalizers?.filter((finalizer) => finalizer !== LOCAL_PATH_FINALIZER);
  }
}
