import { badRequest } from '../../api/meta/errors.ts';
import type { Revision } from '../store/store.ts';

/** Where a list that was cut at its limit goes on. Opaque to clients; readable to us. */
export interface ListToken {
  /** Every page is read as of this revision; -1: whatever is newest, because the revision's history is gone. */
  readonly revision: Revision | -1;
  /** Store key of the last object that was handed out. */
  readonly after: string;
  /** How many objects follow, where somebody has counted them. */
  readonly remaining?: number | undefined;
}

export const LATEST = -1;

export function encodeToken(token: ListToken): string {
  const { revision, after, remaining } = token;
  return Buffer.from(JSON.stringify({ v: 'stowage/v1', rv: revision, after, left: remaining })).toString('base64url');
}

/** Throws `badRequest` unless `text` is a token for a key under `prefix`: nobody pages out of what was asked for. */
export function decodeToken(text: string, prefix: string): ListToken {
  const token = readToken(text);
  if (!token) throw badRequest('continue key is not valid: it was not handed out by this server');
  if (!token.after.startsWith(prefix)) {
    throw badRequest('continue key is not valid: it belongs to a list of something else');
  }
  return token;
}

function readToken(text: string): ListToken | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { v, rv, after, left } = value as Record<string, unknown>;
    const revisionIsSound = Number.isSafeInteger(rv) && ((rv as number) > 0 || rv === LATEST);
    if (v !== 'stowage/v1' || !revisionIsSound || typeof after !== 'string') return undefined;
    const counted = Number.isSafeInteger(left) && (left as number) >= 0;
    return { revision: rv as number, after, ...(counted && { remaining: left as number }) };
  } catch {
    return undefined;
  }
}
