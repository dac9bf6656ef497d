import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { Misconfigured } from '../../platform/misconfigured.ts';
import type { Store } from '../store/store.ts';
import {
  type CellIdentity,
  completedIdentity,
  IDENTITY_FILES,
  readIdentityFiles,
  writeIdentityFiles,
} from './files.ts';
import { IDENTITY_KEY } from './key.ts';

export interface Sharing {
  /** That all masters of the cell share, and which seals what it is told to keep secret. */
  readonly store: Store;
  /** Must exist. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Makes the identity in a master's data directory that of its cell: the first master keeps its own in the store (what it lacks of it
 * is made), all others take what they lack from there. Of two that are first at once one wins. Rejects with `Misconfigured`, and
 * changes nothing, where the directory is of another cell.
 */
export async function shareIdentity({ store, dataDir, clock, log }: Sharing): Promise<void> {
  const own = await readIdentityFiles(dataDir);
  const kept = await store.get(IDENTITY_KEY);
  const identity: CellIdentity = kept
    ? JSON.parse(kept.value)
    : await publish(store, await completedIdentity(dataDir, own, clock));
  refuseOther(own, identity, dataDir);
  await writeIdentityFiles(dataDir, identity);
  if (IDENTITY_FILES.some((path) => own[path] === undefined))
    log.info({ dataDir, authority: fingerprintOf(identity['pki/ca.crt']) }, "this master has its cell's identity");
}

/** Resolves with what stands in the store afterwards: this identity, or that of whoever was faster. */
async function publish(store: Store, identity: CellIdentity): Promise<CellIdentity> {
  const result = await store.commit({
    compares: [{ key: IDENTITY_KEY, modRevision: 0 }],
    ops: [{ type: 'put', key: IDENTITY_KEY, value: JSON.stringify(identity) }],
  });
  const others = result.ok ? undefined : result.found.get(IDENTITY_KEY);
  return others ? (JSON.parse(others.value) as CellIdentity) : identity;
}

/** A master that went on with another authority would give certificates that the rest of the cell does not know. */
function refuseOther(own: Partial<CellIdentity>, cells: CellIdentity, dataDir: string): void {
  const other = IDENTITY_FILES.find((path) => own[path] !== undefined && own[path].trim() !== cells[path].trim());
  if (other === undefined) return;
  const authority = other === 'pki/ca.crt' ? `: its authority is ${fingerprintOf(own[other] ?? '')}` : '';
  throw new Misconfigured(
    `${join(dataDir, other)} is not that of the cell in this store${authority}. The cell's authority is ` +
      `${fingerprintOf(cells['pki/ca.crt'])}. To add a master to that cell, start it with an empty --data-dir: it takes all it needs ` +
      'from the store; to keep the cell of this directory, start it with its own --etcd-endpoints and --etcd-prefix',
  );
}

function fingerprintOf(certPem: string): string {
  try {
    return new X509Certificate(certPem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return 'unreadable';
  }
}
