import type { ApiObject } from '../../api/meta/object.ts';
import { Recent } from './recent.ts';
import type { Revision } from './store.ts';

/** How a text begins that `Objects` has made, up to the first field of `metadata`. */
const HEAD = /^\{"apiVersion":"[^"]*","kind":"[^"]*","metadata":\{(?=")/;

/** More writes than are under way at once. */
const UNDER_WAY = 4_096;

/** One object on its way to the store. */
interface Write {
  readonly value: string;
  readonly object: ApiObject;
  stored: { readonly revision: Revision; readonly object: ApiObject } | undefined;
}

/**
 * What this process writes comes back to it on its watch. This remembers the object behind each text for a while, so that it
 * need be neither read nor made into JSON again.
 *
 * Owns: the newest writes by key, and the newest texts by object. Both are bounded; what is forgotten is read as anybody's.
 */
export class OwnWrites {
  readonly #writes = new Recent<string, Write>(UNDER_WAY);
  readonly #texts = new Recent<ApiObject, string>(UNDER_WAY);

  /**
   * `object`, which `value` holds, is about to be put under `key`. From here on it is shared and may not be changed. Returns how
   * to have it as stored: with the revision of the commit, the same object whoever asks.
   */
  expect(key: string, value: string, object: ApiObject): (revision: Revision) => ApiObject {
    const write: Write = { value, object, stored: undefined };
    this.#writes.set(key, write);
    return (revision) => this.#storedAt(write, revision);
  }

  /** The object, where the value that has come back is one of ours. */
  find(key: string, value: string, revision: Revision): ApiObject | undefined {
    const write = this.#writes.get(key);
    return write?.value === value ? this.#storedAt(write, revision) : undefined;
  }

  /** The object as JSON, where it is one of ours and was written a moment ago. */
  json(object: ApiObject): string | undefined {
    const value = this.#texts.get(object);
    const head = value && HEAD.exec(value)?.[0];
    if (!head) return undefined;
    return `${head}"resourceVersion":${JSON.stringify(object.metadata?.resourceVersion)},${value.slice(head.length)}`;
  }

  #storedAt(write: Write, revision: Revision): ApiObject {
    if (write.stored?.revision !== revision) {
      const { object, value } = write;
      const metadata = { ...object.metadata, resourceVersion: String(revision) };
      write.stored = { revision, object: { ...object, metadata } };
      this.#texts.set(write.stored.object, value);
    }
    return write.stored.object;
  }
}
