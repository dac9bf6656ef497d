import type { AskMaster } from '../master-call.ts';
import type { Pod } from '../pod-types.ts';
import type { GrantedToken } from './granted.ts';
import { readToken } from './granted.ts';
import { type TokenWish, tokenRequest } from './token-wish.ts';

const CREATED = 201;

/** A new token for a pod of this node. Rejects with a sentence for people where there is none. */
export async function fetchToken(pod: Pod, wish: TokenWish, ask: AskMaster): Promise<GrantedToken> {
  const { path, body } = tokenRequest(pod, wish);
  const { code, text, value } = await ask(path, body);
  if (code !== CREATED) throw new Error(typeof value.message === 'string' ? value.message : `${code}: ${text}`);
  const { token } = (value.status ?? {}) as { token?: unknown };
  const granted = typeof token === 'string' ? readToken(token) : undefined;
  if (!granted) throw new Error('the master answered with something that is no token');
  return granted;
}
