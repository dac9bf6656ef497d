import { isToBeErased, LOCAL_PATH_FINALIZER, localPathNode } from '../../api/core/local-path.ts';
import { type PersistentVolume, persistentVolumes } from '../../api/core/persistent-volume.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { MasterContext } from '../context.ts';

/**
 * What one agent says of volumes that it was to erase. A write that fails is made up for: the agent is told of the volume again.
 */
export class Erasures {
  readonly #context: MasterContext;
  readonly #nodeName: string;

  constructor(context: MasterContext, nodeName: string) {
    this.#context = context;
    this.#nodeName = nodeName;
  }

  /** Nothing is left of the volume: its object may go. Never rejects. */
  async erased(name: string): Promise<void> {
    const { cache, objects, log } = this.#context;
    const volume = cache.get(persistentVolumes, undefined, name);
    if (!volume || !this.#concerns(volume)) return;
    const user = { user: `${NODE_USER_PREFIX}${this.#nodeName}` };
    const { uid } = metaOf(volume);
    try {
      await objects.update(persistentVolumes, undefined, name, (current) => this.#release(current), user, {
        preconditions: { uid },
      });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) log.warn({ err: error, volume: name }, 'could not let an erased volume go');
    }
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
