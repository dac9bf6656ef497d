import { randomBytes, randomInt } from 'node:crypto';

/**
 * What a machine needs to join a cell: which authority to trust, and the proof that it may. The proof is the master's own secret, or a
 * bootstrap token (Kubernetes docs, "Authenticating with Bootstrap Tokens": `abcdef.0123456789abcdef`), which runs out and can be revoked.
 */
export interface JoinToken {
  /** SHA-256 of the authority's DER certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Known to the master and those it invites. */
  readonly secret: string;
}

const SHAPE = /^stw1\.([0-9a-f]{64})\.([A-Za-z0-9_-]{16,128}|[a-z0-9]{6}\.[a-z0-9]{16})$/;
const SECRET_BYTES = 24;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const [ID_LENGTH, SECRET_LENGTH] = [6, 16];

/** `stw1.<fingerprint>.<secret>`. */
export function formatJoinToken(token: JoinToken): string {
  return `stw1.${token.fingerprint}.${token.secret}`;
}

/** Throws, without repeating the secret, when the text is no join token. */
export function parseJoinToken(text: string): JoinToken {
  const [, fingerprint, secret] = SHAPE.exec(text.trim()) ?? [];
  if (!fingerprint || !secret) {
    throw new Error(
      `the join token (${text.trim().length} characters) is not of the form stw1.<64 hex digits>.<secret>: ` +
        'have a new one made with `stowctl token create`',
    );
  }
  return { fingerprint, secret };
}

/** An id, which is no secret, and a secret of 82 random bits. */
export function newBootstrapToken(): { id: string; secret: string } {
  return { id: letters(ID_LENGTH), secret: letters(SECRET_LENGTH) };
}

const letters = (count: number): string =>
  Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/** 192 random bits for a new token. */
export function newJoinSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
