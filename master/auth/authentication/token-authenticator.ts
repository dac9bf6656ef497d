import type { User } from '../../user.ts';

/** Whose a token is. */
export interface Bearer {
  readonly user: User;
  /** For whom the token is meant; absent where its kind knows no audiences: then for the API. */
  readonly audiences?: readonly string[];
  /** After this it must be judged anew. Absent: as long as `holds`. */
  readonly expiresAtMs?: number;
  /** Whether what the token rests on is still there (the account, the pod). Asked at every use, so it must be quick. */
  holds?(): boolean;
}

/** Knows one kind of token. */
export interface TokenAuthenticator {
  /**
   * Whose the token is; `undefined` where it is none of this kind. Rejects with `TokenRefused` where it is of this kind and no good.
   * `audiences`: for whom it must be meant, any of them.
   */
  authenticate(token: string, audiences: readonly string[]): Promise<Bearer | undefined>;
}
