import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommitResult, Revision, Store, StoredValue, Transaction } from './store.ts';
import { WatchRecorder } from './watch-recorder.fixture.ts';

/** How a compare of the script relates to what is known when it is issued. */
type Expectation = 'none' | 'current' | 'absent' | 'stale';

interface Write {
  readonly key: string;
  readonly value: string | undefined;
  readonly expectation: Expectation;
}

/** One step of a script: transactions issued together, a list of the past, a watch, or a compaction. */
type Step =
  | { readonly type: 'commit'; readonly transactions: readonly (readonly Write[])[] }
  | { readonly type: 'list'; readonly back: number; readonly limit: number; readonly prefix: string }
  | { readonly type: 'watch'; readonly back: number; readonly prefix: string }
  | { readonly type: 'compact'; readonly back: number };

const key = fc.constantFrom('/a', '/a/1', '/a/2', '/b', '/b/1', '/c', '/a\u{1f6a2}', '/a\uff01');
const prefix = fc.constantFrom('/', '/a', '/a/', '/b', '/nothing');
const write: fc.Arbitrary<Write> = fc.record({
  key,
  value: fc.option(fc.string({ unit: 'grapheme', maxLength: 6 }), { nil: undefined, freq: 3 }),
  expectation: fc.constantFrom('none', 'current', 'current', 'absent', 'stale'),
});
const transaction = fc.uniqueArray(write, { minLength: 1, maxLength: 3, selector: (op) => op.key });
const back = fc.nat(8);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      transactions: fc.array(transaction, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('list' as const), back, limit: fc.integer({ min: 1, max: 6 }), prefix }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('watch' as const), back, prefix }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const), back }) },
);

/** The naive truth: every write there ever was, in order. */
class Model {
  readonly writes: { revision: Revision; key: string; value: string | undefined }[] = [];
  readonly revisions: Revision[] = [];
  compacted: Revision;

  constructor(start: Revision) {
    this.revisions.push(start);
    this.compacted = start;
  }

  at(revision: Revision): Map<string, StoredValue> {
    const values = new Map<string, StoredValue>();
    for (const entry of this.writes) {
      if (entry.revision > revision) continue;
      if (entry.value === undefined) values.delete(entry.key);
      else values.set(entry.key, { key: entry.key, value: entry.value, modRevision: entry.revision });
    }
    return values;
  }

  get newest(): Revision {
    return Math.max(...this.revisions);
  }

  /** The revision `back` steps ago that has not been compacted. */
  recent(stepsBack: number): Revision {
    const known = [...new Set(this.revisions)].sort((a, b) => b - a).filter((revision) => revision >= this.compacted);
    return known[Math.min(stepsBack, known.length - 1)] ?? this.compacted;
  }
}

/** Random scripts against the naive model; the same for every adapter. `after` runs after each script. */
export function storeModelSuite(fresh: () => Promise<Store>, after: () => Promise<void>): void {
  test('behaves as a naive model does under random commits, lists, watches and compactions', async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => play(await fresh(), steps))
        .afterEach(after),
      { numRuns: 40 },
    );
  }, 60_000);
}

async function play(store: Store, steps: readonly Step[]): Promise<void> {
  const model = new Model(await store.revision());
  const watchers: { recorder: WatchRecorder; prefix: string; after: Revision }[] = [];
  for (const each of steps) {
    if (each.type === 'commit') await playCommits(store, model, each.transactions);
    if (each.type === 'list') await checkList(store, model, model.recent(each.back), each);
    if (each.type === 'watch') {
      const from = model.recent(each.back);
      watchers.push({ recorder: new WatchRecorder(store, each.prefix, from), prefix: each.prefix, after: from });
    }
    if (each.type === 'compact' && model.writes.length > 0) {
      // A watch that has not begun may lose its past to a compaction; that is not what this checks.
      await Promise.all(watchers.map(({ recorder, after }) => recorder.until(() => recorder.revision >= after)));
      for (const watcher of watchers) await settle(store, model, watcher.recorder);
      model.compacted = model.recent(each.back);
      await store.compact(model.compacted);
    }
  }
  await checkList(store, model, model.newest, { limit: 3, prefix: '/' });
  for (const watcher of watchers) await checkWatch(store, model, watcher);
}

async function playCommits(store: Store, model: Model, writes: readonly (readonly Write[])[]): Promise<void> {
  const known = model.at(model.newest);
  const transactions = writes.map((each) => transactionOf(each, known));
  const results = await Promise.all(transactions.map((each) => store.commit(each)));
  for (const [i, each] of transactions.entries()) check(model, each, results[i]!);
}

function transactionOf(writes: readonly Write[], known: ReadonlyMap<string, StoredValue>): Transaction {
  const revisions = { none: () => 0, absent: () => 0, stale: () => 1_000_000 };
  return {
    compares: writes
      .filter(({ expectation }) => expectation !== 'none')
      .map(({ key: name, expectation }) => ({
        key: name,
        modRevision: expectation === 'current' ? (known.get(name)?.modRevision ?? 0) : revisions[expectation](),
      })),
    ops: writes.map(({ key: name, value }) =>
      value === undefined ? { type: 'delete', key: name } : { type: 'put', key: name, value },
    ),
  };
}

/** Transactions issued together see each other in the order they were issued. */
function check(model: Model, { compares, ops }: Transaction, result: CommitResult): void {
  const state = model.at(Number.POSITIVE_INFINITY);
  const failed = compares.filter((compare) => (state.get(compare.key)?.modRevision ?? 0) !== compare.modRevision);
  expect(result.ok).toBe(failed.length === 0);
  if (!result.ok) {
    expect(new Map(result.found)).toEqual(new Map(failed.map((compare) => [compare.key, state.get(compare.key)])));
    return;
  }
  for (const op of ops) {
    if (op.type === 'delete' && !state.has(op.key)) continue;
    model.writes.push({ revision: result.revision, key: op.key, value: op.type === 'put' ? op.value : undefined });
    model.revisions.push(result.revision);
  }
}

async function checkList(
  store: Store,
  model: Model,
  revision: Revision,
  { limit, prefix: under }: { limit: number; prefix: string },
): Promise<void> {
  const expected = [...model.at(revision).values()]
    .filter((value) => value.key.startsWith(under))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const values: StoredValue[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.list(under, { revision, limit, after });
    values.push(...page.values);
    expect(page.remaining).toBe(expected.length - values.length);
    if (page.remaining === 0) break;
    expect(page.values).toHaveLength(limit);
    after = page.values.at(-1)?.key;
  }
  expect(values).toEqual(expected);
}

/** Waits until the watcher has been told everything there is. */
async function settle(store: Store, model: Model, recorder: WatchRecorder): Promise<void> {
  const newest = Math.max(model.newest, await store.revision());
  await recorder.until(() => recorder.revision >= newest || recorder.lost !== undefined);
}

async function checkWatch(
  store: Store,
  model: Model,
  watcher: { recorder: WatchRecorder; prefix: string; after: Revision },
): Promise<void> {
  const { recorder, prefix: under, after } = watcher;
  await settle(store, model, recorder);
  expect(recorder.lost).toBeUndefined();
  const told = recorder.events.map((event) =>
    event.type === 'put'
      ? { revision: event.value.modRevision, key: event.value.key, value: event.value.value }
      : { revision: event.modRevision, key: event.key, value: undefined },
  );
  const expected = model.writes.filter((entry) => entry.revision > after && entry.key.startsWith(under));
  // Between keys of one revision there is no order.
  const order = (a: { revision: number; key: string }, b: { revision: number; key: string }) =>
    a.revision - b.revision || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  expect(told.map(({ revision }) => revision)).toEqual(told.map(({ revision }) => revision).sort((a, b) => a - b));
  expect(told.sort(order)).toEqual(expected.sort(order));
  recorder.watch.stop();
}
