import { readFile } from 'node:fs/promises';
import type { Logger } from '../../../platform/log.ts';
import type { Store, StoredValue } from '../store.ts';
import { EncryptedStore, openValue } from './encrypted-store.ts';
import { type Protection, readProtection } from './key-file.ts';
import { ProtectedKeys } from './protected-keys.ts';
import { isSealed, keyNameOf, SealBroken, seal } from './seal.ts';

/** Where a master without keys looks whether it lacks one. */
const USUAL: readonly string[] = ['/registry/core/secrets/', '/registry/core/configmaps/'];
/** Written under a lease, which writing them again would take away; they go by themselves. */
const LEASED = '/registry/core/events/';
const PAGE = 500;

/**
 * `store` with what `file` says kept encrypted in it; without a file, `store` itself. What stands there in another way than it would be
 * written now is written again: a new key, put first, is in use for everything after the next start. Rejects with a sentence about the
 * first value that cannot be read, before anything has changed, and where the file cannot be used.
 */
export async function openEncrypted(store: Store, file: string | undefined, log: Logger): Promise<Store> {
  const protection = file === undefined ? { rules: [], keys: new Map() } : readProtection(await read(file), file);
  const known = new ProtectedKeys(protection);
  const prefixes = file === undefined ? USUAL : known.prefixes;
  await requireReadable(store, prefixes, protection, known);
  if (file === undefined) return store;
  const rewritten = await rewriteStale(store, prefixes, protection, known);
  if (rewritten > 0) log.info({ values: rewritten, file }, 'values of the store were encrypted anew');
  return new EncryptedStore(store, protection, log);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot read the encryption key file ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function requireReadable(
  store: Store,
  prefixes: readonly string[],
  protection: Protection,
  known: ProtectedKeys,
): Promise<void> {
  let first = '';
  let count = 0;
  for await (const stored of valuesUnder(store, prefixes)) {
    try {
      openValue(stored, protection, known);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      first ||= `${stored.key} ${error.message}`;
      count += 1;
    }
  }
  if (count === 0) return;
  const others = count > 1 ? ` (and so for ${count - 1} more)` : '';
  throw new Error(
    `the store holds what this master cannot read: ${first}${others}. Nothing is lost: start it with --encryption-key and a file that has the key`,
  );
}

/** Resolves with how many were written. Whoever changes a value meanwhile writes it in the right way himself. */
async function rewriteStale(
  store: Store,
  prefixes: readonly string[],
  protection: Protection,
  known: ProtectedKeys,
): Promise<number> {
  let count = 0;
  for await (const stored of valuesUnder(store, prefixes)) {
    const { key, value, modRevision } = stored;
    const wanted = known.ruleOf(key)?.writesWith;
    if (key.startsWith(LEASED) || (isSealed(value) ? keyNameOf(value) : undefined) === wanted?.name) continue;
    const plain = openValue(stored, protection, known);
    const put = { type: 'put', key, value: wanted ? seal(key, plain, wanted) : plain } as const;
    if ((await store.commit({ compares: [{ key, modRevision }], ops: [put] })).ok) count += 1;
  }
  return count;
}

async function* valuesUnder(store: Store, prefixes: readonly string[]): AsyncGenerator<StoredValue> {
  for (const prefix of prefixes) {
    for (let after: string | undefined; ; ) {
      const { values, remaining } = await store.list(prefix, { limit: PAGE, ...(after && { after }) });
      yield* values;
      if (remaining === 0) break;
      after = values.at(-1)?.key;
    }
  }
}
