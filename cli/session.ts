import type { ApiClient } from '../client/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { ApiResource } from './discovery.ts';
import { discover } from './discovery.ts';
import type { Terminal } from './output.ts';

/** Flags that every client command takes. */
export interface CommonFlags {
  namespace?: string;
  allNamespaces?: boolean;
}

/** What a client command works with. */
export interface Session {
  readonly client: ApiClient;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** The namespace to use: `-n`, else the context's. */
  readonly namespace: string;
  /** Everything the server serves; asked once. */
  readonly resources: () => Promise<readonly ApiResource[]>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Text of standard input. */
  readonly readStdin: () => Promise<string>;
}

export interface SessionParts {
  readonly client: ApiClient;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly namespace?: string;
  readonly signal: AbortSignal;
  readonly readStdin: () => Promise<string>;
}

export function createSession(parts: SessionParts): Session {
  let found: Promise<readonly ApiResource[]> | undefined;
  return {
    ...parts,
    namespace: parts.namespace || parts.client.access.namespace,
    resources: () => {
      found ??= discover(parts.client);
      return found;
    },
  };
}
