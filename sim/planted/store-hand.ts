import type {
  CommitResult,
  Compare,
  Op,
  Store,
  StoredValue,
  Transaction,
  WatchEvent,
  WatchHandlers,
} from '../../master/store/store.ts';

/** What can be done to a store from outside. */

/** As much of an object as planted bugs look at. */
export interface ObjectLike {
  metadata: {
    name?: string;
    generateName?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export const replacing = (store: Store, members: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(members, name) ?? Reflect.get(target, name);
      return typeof member === 'function' && !Reflect.has(members, name) ? member.bind(target) : member;
    },
  });

/** The store with another way to commit. */
export const committing = (store: Store, commit: Store['commit']): Store => replacing(store, { commit });

/** It is answered, and has not happened. */
export const done = async (store: Store): Promise<CommitResult> => ({ ok: true, revision: await store.revision() });

/** Commits of which `isDropped` says so are answered, and do not happen. */
export const dropping = (store: Store, isDropped: (transaction: Transaction) => boolean): Store =>
  committing(store, (transaction) => (isDropped(transaction) ? done(store) : store.commit(transaction)));

/** Without the compares of which `isSkipped` says so. */
export const skipping = (store: Store, isSkipped: (compare: Compare) => boolean): Store =>
  committing(store, ({ ops, compares }) =>
    store.commit({ ops, compares: compares.filter((compare) => !isSkipped(compare)) }),
  );

export const isUnder =
  (prefix: string) =>
  ({ key }: { readonly key: string }): boolean =>
    key.startsWith(`/registry/${prefix}/`);

/** Every so many of the commits that `concerns` says yes to. */
export function everyNth(nth: number, concerns: (op: Op) => boolean): (transaction: Transaction) => boolean {
  let count = 0;
  return ({ ops }) => {
    if (!ops.some(concerns)) return false;
    count += 1;
    return count % nth === 0;
  };
}

/** The object of a put under this prefix. */
export function objectOf(op: Op, prefix: string): ObjectLike | undefined {
  return op.type === 'put' && isUnder(prefix)(op) ? (JSON.parse(op.value) as ObjectLike) : undefined;
}

/** Puts with their objects changed. */
export const rewriting = (store: Store, prefix: string, change: (object: ObjectLike) => void): Store =>
  committing(store, (transaction) => {
    const ops = transaction.ops.map((op): Op => {
      const object = objectOf(op, prefix);
      if (!object || op.type !== 'put') return op;
      change(object);
      return { ...op, value: JSON.stringify(object) };
    });
    return store.commit({ ...transaction, ops });
  });

/** The store whose watchers are told something else. */
export const telling = (store: Store, tell: (events: readonly WatchEvent[]) => readonly WatchEvent[]): Store =>
  replacing(store, {
    watch: (prefix, after, handlers: WatchHandlers) =>
      store.watch(prefix, after, {
        lost: (reason) => handlers.lost(reason),
        events: (events, revision) => handlers.events(tell(events), revision),
      }),
  });

/** The store whose objects under a prefix read otherwise. */
export function misread(store: Store, prefix: string, change: (object: ObjectLike) => void): Store {
  const read = <T extends StoredValue | undefined>(stored: T): T => {
    if (!stored || !isUnder(prefix)(stored)) return stored;
    const object = JSON.parse(stored.value) as ObjectLike;
    change(object);
    return { ...stored, value: JSON.stringify(object) };
  };
  const told = telling(store, (events) =>
    events.map((event) => (event.type === 'put' ? { ...event, value: read(event.value) } : event)),
  );
  return replacing(told, {
    get: async (key) => read(await store.get(key)),
    list: async (from, options) => {
      const found = await store.list(from, options);
      return { ...found, values: found.values.map(read) };
    },
  });
}
