import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GrantedToken, readToken } from './granted.ts';
import type { TokenPlace } from './token-wish.ts';

/** The token that a volume shows since an earlier life of the agent; undefined where it shows none that is still good. */
export async function shownToken(
  podDir: string,
  { volume, path, wish }: TokenPlace,
  nowMs: number,
): Promise<GrantedToken | undefined> {
  const text = await readFile(join(podDir, 'volumes', volume, path), 'utf8').catch(() => '');
  const found = readToken(text);
  if (!found || found.expiresAtMs <= nowMs) return undefined;
  return found.expiresAtMs - found.issuedAtMs === wish.seconds * 1000 ? found : undefined;
}
