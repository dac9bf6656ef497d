import type { ApiObject } from '../../api/meta/object.ts';
import { Recent } from './recent.ts';

/** Different parts that are remembered, in each of two generations. */
const REMEMBERED = 1_024;
/** Longer parts are seldom alike. */
const MAX_LENGTH = 4_096;

interface Parted extends ApiObject {
  spec?: Record<string, unknown>;
}

/**
 * Objects that are made alike are alike in most of what they say: which fields each manager owns, the containers and tolerations of
 * a controller's pods. Nobody may change an object of the cache, so all of them can hold the same parts.
 *
 * Owns: the newest of such parts, bounded, by their JSON.
 */
export class SharedParts {
  readonly #known = new Recent<string, object>(REMEMBERED);

  /** Puts known parts in the place of equal ones of an object that nobody else has seen yet. */
  share(object: ApiObject): void {
    const { metadata, spec } = object as Parted;
    const managers = metadata?.managedFields;
    if (Array.isArray(managers)) for (const manager of managers) if (manager) this.#shareIn(manager, 'fieldsV1');
    if (typeof spec === 'object' && spec !== null) for (const field of Object.keys(spec)) this.#shareIn(spec, field);
  }

  #shareIn(holder: object, field: string): void {
    const values = holder as Record<string, unknown>;
    const part = values[field];
    if (typeof part !== 'object' || part === null) return;
    const text = JSON.stringify(part);
    if (text.length > MAX_LENGTH) return;
    const known = this.#known.get(text);
    if (known) values[field] = known;
    else this.#known.set(text, part);
  }
}
