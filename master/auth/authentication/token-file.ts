import { createHash, timingSafeEqual } from 'node:crypto';
import { Misconfigured } from '../../../platform/misconfigured.ts';
import type { User } from '../../user.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

/**
 * Tokens in Kubernetes' CSV form, one a line: `token,user,uid[,"group1,group2"]` (Kubernetes docs, "Authenticating", static token
 * file). Read once, at the start. Throws a sentence naming the first line that makes no sense; `file` names the source in it.
 */
export function tokenFile(text: string, file: string): TokenAuthenticator {
  const users = new Map<string, User>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [token, user] = tokenLine(line, `${file}, line ${index + 1}`);
    users.set(digest(token).toString('hex'), user);
  }
  return {
    async authenticate(token) {
      // Found by digest, so that the time taken tells nothing of the tokens.
      const found = users.get(digest(token).toString('hex'));
      return found && { user: found };
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether two secrets are the same, in a time that tells nothing of either. */
export const sameSecret = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

function tokenLine(line: string, place: string): [string, User] {
  const [token = '', name = '', uid = '', groups = ''] = csvFields(line, place).map((field) => field.trim());
  if (!token || !name)
    throw new Misconfigured(
      `${place}: expected token,user,uid[,"group1,group2"], with a token and a user that are not empty`,
    );
  return [
    token,
    {
      name,
      ...(uid && { uid }),
      groups: groups
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    },
  ];
}

/** The fields of one line of CSV (RFC 4180): a field in double quotes may hold commas, and double quotes twice. */
function csvFields(line: string, place: string): string[] {
  const fields: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    if (!match) throw new Misconfigured(`${place}: a field's double quotes are not closed`);
    const [, quoted, plain = '', end] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return fields;
  }
}
