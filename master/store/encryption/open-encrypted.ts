import type { Logger } from '../../../platform/log.ts';
import { Misconfigured, readGiven } from '../../../platform/misconfigured.ts';
import { IDENTITY_KEY } from '../../cell-identity/key.ts';
import type { Store, StoredValue } from '../store.ts';
import { EncryptedStore, openValue } from './encrypted-store.ts';
import { type Protection, readProtection } from './key-file.ts';
import { ProtectedKeys } from './protected-keys.ts';
import { isSealed, keyNameOf, SealBroken, seal } from './seal.ts';

/** Where a master without keys looks whether it lacks one. */
const USUAL: readonly string[] = ['/registry/core/secrets/', '/registry/core/configmaps/', IDENTITY_KEY];
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

/** Whoever is neither its owner nor of its group has no business with the keys. */
const BY_OTHERS = 0o007;

async function read(file: string): Promise<string> {
  const { mode, text } = await readGiven(file, 'encryption key file');
  if ((mode & BY_OTHERS) === 0) return text;
  const shown = (mode & 0o777).toString(8);
  throw new Misconfigured(
    `the encryption key file ${file} is open to every user of this machine (its mode is ${shown}): make it yours alone with \`chmod 600 ${file}\``,
  );
}

async function requireReadable(
  store: Store,
  prefixes: readonly string[],
  protection: Protection,
  known: ProtectedKeys,
): Promise<void> {
  let first = '';
  let count = 0;
  for await (const page of pagesUnder(store, prefixes)) {
    for (const stored of page) {
      try {
        openValue(stored, protection, known);
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error;
        first ||= `${stored.key} ${error.message}`;
        count += 1;
      }
    }
  }
  if (count === 0) return;
  const others = count > 1 ? ` (and so for ${count - 1} more)` : '';
  throw new Misconfigured(
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
  const rewrite = async (stored: StoredValue): Promise<boolean> => {
    const { key, value, modRevision } = stored;
    const wanted = known.ruleOf(key)?.writesWith;
    if (key.startsWith(LEASED) || (isSealed(value) ? keyNameOf(value) : undefined) === wanted?.name) return false;
    const plain = openValue(stored, protection, known);
    const put = { type: 'put', key, value: wanted ? seal(key, plain, wanted) : plain } as const;
    return (await store.commit({ compares: [{ key, modRevision }], ops: [put] })).ok;
  };
  let count = 0;
  // A page at a time, so that the store groups the writes.
  for await (const page of pagesUnder(store, prefixes))
    count += (await Promise.all(page.map(rewrite))).filter(Boolean).length;
  return count;
}

async function* pagesUnder(store: Store, prefixes: readonly string[]): AsyncGenerator<readonly StoredValue[]> {
  for (const prefix of prefixes) {
    for (let after: string | undefined; ; ) {
      const { values, remaining } = await store.list(prefix, { limit: PAGE, ...(after && { after }) });
      yield values;
      if (remaining === 0) break;
      after = values.at(-1)?.key;
    }
  }
}
