import type { IKeyValue } from 'etcd3';
import { type KeyRange, rangeOf } from './key-range.ts';
import type { StoredValue } from './store.ts';

/**
 * Where this cell's keys live in etcd: `prefix` before every key. Keys start with `/`. One key of our own lies just before them:
 * written only to move the revision on (see `EtcdStore.revision`).
 */
export class EtcdKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix.replace(/\/+$/, '');
  }

  /** The name of a key in etcd. */
  encode(key: string): Buffer {
    if (!key.startsWith('/')) throw new Error(`A key of the store starts with "/"; "${key}" does not.`);
    return Buffer.from(this.#prefix + key);
  }

  /** The key in our terms; undefined for what is not ours. */
  decode(name: Buffer): string | undefined {
    const text = name.toString();
    return text.startsWith(`${this.#prefix}/`) ? text.slice(this.#prefix.length) : undefined;
  }

  get progress(): Buffer {
    return Buffer.from(`${this.#prefix}.progress`);
  }

  /** All our keys and the key of progress: `.` comes just before `/`, and `0` just after it. */
  get everything(): { key: Buffer; range_end: Buffer } {
    return { key: Buffer.from(`${this.#prefix}.`), range_end: Buffer.from(`${this.#prefix}0`) };
  }

  range(prefix: string, after: string | undefined): { key: Buffer; range_end: Buffer } {
    const under = this.#prefix + (prefix || '/');
    const range: KeyRange = rangeOf(under, after === undefined ? undefined : this.#prefix + after);
    return { key: Buffer.from(range.from), range_end: Buffer.from(range.to ?? '\0') };
  }

  value(kv: IKeyValue): StoredValue {
    const key = this.decode(kv.key) ?? kv.key.toString();
    return { key, value: kv.value.toString(), modRevision: Number(kv.mod_revision) };
  }
}
