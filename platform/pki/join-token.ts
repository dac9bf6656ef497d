import { randomBytes } from 'node:crypto';

/** What a machine needs to join a cell: which authority to trust, and the proof that it may. */
export interface JoinToken {
  /** SHA-256 of the authority's DER certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Known to the master and those it invites. No dots. */
  readonly secret: string;
}

const SHAPE = /^stw1\.([0-9a-f]{64})\.([A-Za-z0-9_-]{16,128})$/;
const SECRET_BYTES = 24;

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
        "copy the whole line from the file join-token in the master's data directory",
    );
  }
  return { fingerprint, secret };
}

/** 192 random bits for a new token. */
export function newJoinSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
