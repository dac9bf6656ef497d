import type { Service } from '../platform/lifecycle.ts';
import { CellAgent } from './agent.ts';
import type { AgentOptions } from './agent-options.ts';

export type { AgentOptions } from './agent-options.ts';

/** The agent of one machine: runs the pods that its master assigns to it. */
export interface Agent extends Service {
  /**
   * Resolves when a master has welcomed the agent and the container engine has answered; rejects when the master refused it
   * before that, with a sentence that says what to do.
   */
  readonly whenReady: Promise<void>;
  /** `https://ADDRESS:PORT/metrics`; undefined until the agent has a certificate. */
  readonly metricsUrl: string | undefined;
}

/**
 * `start` rejects where a person must act at once (a refused join token, a metrics port in use, an unwritable directory). A
 * master or an engine that does not answer is waited for instead: pods that are known run on meanwhile.
 */
export function createAgent(options: AgentOptions): Agent {
  return new CellAgent(options);
}
