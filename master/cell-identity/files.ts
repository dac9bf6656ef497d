import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { PUBLIC_MODE, readIfPresent, replaceFile, SECRET_MODE } from '../../platform/pki/files.ts';
import { openAuthority } from '../../platform/pki.ts';
import { openServiceAccountKey } from '../auth/tokens/service-account-keys.ts';
import { ensureJoinToken } from '../credentials.ts';

/**
 * What makes a master one of its cell: the authority that all certificates are of, the key that all tokens of service accounts are
 * signed with, the token that agents join with. Paths are relative to the data directory.
 */
export const IDENTITY_FILES = [
  'pki/ca.crt',
  'pki/ca.key',
  'pki/service-account.key',
  'pki/service-account.pub',
  'join-token',
] as const;

type IdentityFile = (typeof IDENTITY_FILES)[number];

/** The text of each file. */
export type CellIdentity = Readonly<Record<IdentityFile, string>>;

const PUBLIC: readonly string[] = ['pki/ca.crt', 'pki/service-account.pub'] satisfies IdentityFile[];

/** Those files that are there. */
export async function readIdentityFiles(dataDir: string): Promise<Partial<CellIdentity>> {
  const texts = await Promise.all(
    IDENTITY_FILES.map(async (path) => [path, await readIfPresent(join(dataDir, path))] as const),
  );
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

/** Writes the files, each in one step; of those that are there already nothing changes. */
export async function writeIdentityFiles(dataDir: string, identity: Partial<CellIdentity>): Promise<void> {
  for (const [path, text] of Object.entries(identity)) {
    const file = join(dataDir, path);
    if ((await readIfPresent(file)) === text) continue;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const mode = PUBLIC.includes(path) ? PUBLIC_MODE : SECRET_MODE;
    await replaceFile(file, text, mode);
    await chmod(file, mode);
  }
}

/**
 * A whole identity: what is known of it, and the rest made anew. It is made in a directory of its own, so that whoever dies before all
 * masters have agreed on it leaves nothing behind that another start would take for the cell's.
 */
export async function completedIdentity(
  dataDir: string,
  known: Partial<CellIdentity>,
  clock: Clock,
): Promise<CellIdentity> {
  const draft = await mkdtemp(join(dataDir, 'identity-'));
  try {
    await writeIdentityFiles(draft, known);
    await ensureJoinToken(draft, await openAuthority(join(draft, 'pki'), clock));
    await openServiceAccountKey(draft);
    return (await readIdentityFiles(draft)) as CellIdentity;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
