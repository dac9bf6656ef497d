import type { CommitResult, Op, Store, Transaction, WatchHandlers } from '../master/store/store.ts';
import type { FromMaster } from '../proto/messages.ts';
import type { FakeRuntime } from './container-runtime.ts';

/**
 * Bugs that are planted on purpose, each by a hand put on a seam from outside, to prove that the checkers can fail. None of them is ever on
 * unless it is asked for by name.
 */
export interface Mutation {
  /** Who must notice; any of these will do. */
  readonly caughtBy: readonly string[];
  /** The seeds within which somebody does. */
  readonly withinSeeds: number;
  /** The store as a master sees it. */
  store?(store: Store): Store;
  /** The machine's engine. */
  engine?(engine: FakeRuntime): void;
  /** What an agent hears. */
  heard?(message: FromMaster): FromMaster;
}

const replacing = (store: Store, members: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(members, name) ?? Reflect.get(target, name);
      return typeof member === 'function' && !Reflect.has(members, name) ? member.bind(target) : member;
    },
  });

/** The store with another way to commit. */
const committing = (store: Store, commit: Store['commit']): Store => replacing(store, { commit });

/** Every so many of the commits that `concerns` says yes to. */
function everyNth(nth: number, concerns: (op: Op) => boolean): (transaction: Transaction) => boolean {
  let count = 0;
  return ({ ops }) => {
    if (!ops.some(concerns)) return false;
    count += 1;
    return count % nth === 0;
  };
}

const under = (prefix: string) => (op: Op) => op.key.startsWith(`/registry/${prefix}/`);

/** Puts with their objects changed. */
const rewriting = (store: Store, change: (object: ObjectLike, op: Op) => void, prefix: string): Store =>
  committing(store, (transaction) => {
    const ops = transaction.ops.map((op): Op => {
      if (op.type !== 'put' || !under(prefix)(op)) return op;
      const object = JSON.parse(op.value) as ObjectLike;
      change(object, op);
      return { ...op, value: JSON.stringify(object) };
    });
    return store.commit({ ...transaction, ops });
  });

interface ObjectLike {
  metadata: { name?: string; finalizers?: string[]; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

const done = async (store: Store): Promise<CommitResult> => ({ ok: true, revision: await store.revision() });

export const MUTATIONS = {
  'compare-skipped': {
    caughtBy: ['linearizable', 'acknowledged'],
    withinSeeds: 5,
    store: (store) =>
      committing(store, ({ ops, compares }) =>
        store.commit({ ops, compares: ops.some(under('core/configmaps')) ? [] : compares }),
      ),
  },
  'write-dropped': {
    caughtBy: ['acknowledged', 'linearizable', 'converged'],
    withinSeeds: 5,
    store(store) {
      const isDropped = everyNth(5, under('core/configmaps'));
      return committing(store, (transaction) => (isDropped(transaction) ? done(store) : store.commit(transaction)));
    },
  },
  'event-lost': {
    caughtBy: ['watches', 'linearizable', 'acknowledged', 'converged'],
    withinSeeds: 5,
    store: (store) => losingEvents(store, 200),
  },
  'finalizer-forgotten': {
    caughtBy: ['jobs', 'converged'],
    withinSeeds: 5,
    store: (store) =>
      rewriting(
        store,
        ({ metadata }) => {
          metadata.finalizers = metadata.finalizers?.filter((one) => one !== 'batch.kubernetes.io/job-tracking');
        },
        'core/pods',
      ),
  },
  'completion-counted-twice': {
    caughtBy: ['jobs'],
    withinSeeds: 5,
    store: (store) =>
      rewriting(
        store,
        ({ status }) => {
          if (typeof status?.succeeded === 'number' && status.succeeded > 0) status.succeeded += 1;
        },
        'batch/jobs',
      ),
  },
  'endpoints-stale': {
    caughtBy: ['endpoints', 'converged'],
    withinSeeds: 10,
    store(store) {
      const seen = new Set<string>();
      const concerns = under('discovery.k8s.io/endpointslices');
      return committing(store, (transaction) => {
        const isLate = transaction.ops.some((op) => concerns(op) && op.type === 'put' && seen.has(op.key));
        for (const op of transaction.ops) if (concerns(op)) seen.add(op.key);
        return isLate ? done(store) : store.commit(transaction);
      });
    },
  },
  'container-left': {
    caughtBy: ['ordinals', 'one machine', 'converged'],
    withinSeeds: 5,
    engine(engine) {
      // It says that what it was to stop has gone, and lets it run on.
      const ghosts = new Set<string>();
      const [list, inspect, stop] = [engine.list.bind(engine), engine.inspect.bind(engine), engine.stop.bind(engine)];
      engine.list = async (labels) => (await list(labels)).filter(({ id }) => !ghosts.has(id));
      engine.inspect = async (id) => (ghosts.has(id) ? undefined : inspect(id));
      engine.stop = async (id, grace) => {
        const isOfSet = (await inspect(id))?.labels['io.kubernetes.pod.name']?.startsWith('sta-');
        return isOfSet ? void ghosts.add(id) : stop(id, grace);
      };
    },
  },
  'secrets-for-all': {
    caughtBy: ['secrets'],
    withinSeeds: 3,
    heard(message) {
      const { assignments } = message;
      const [pod] = assignments?.upserts ?? [];
      if (!assignments || !pod) return message;
      const secret = { plural: 'secrets', namespace: pod.namespace, name: 'key', json: '{}' };
      return { ...message, assignments: { ...assignments, upserts: [...assignments.upserts, secret] } };
    },
  },
} satisfies Record<string, Mutation>;

export type MutationName = keyof typeof MUTATIONS;
export const MUTATION_NAMES = Object.keys(MUTATIONS) as readonly MutationName[];

/** A store one in so many of whose events its watchers are never told. */
function losingEvents(store: Store, oneIn: number): Store {
  let told = 0;
  const watch: Store['watch'] = (prefix, after, handlers: WatchHandlers) =>
    store.watch(prefix, after, {
      lost: (reason) => handlers.lost(reason),
      events(events, revision) {
        const kept = events.filter(() => {
          told += 1;
          return told % oneIn !== 0;
        });
        handlers.events(kept, revision);
      },
    });
  return replacing(store, { watch });
}
