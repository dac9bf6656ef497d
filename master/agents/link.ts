import type { FromMaster } from '../../proto/messages.ts';

/** The master's end of one agent's session, whatever carries it (gRPC here; another network in a simulation). */
export interface AgentLink {
  /** Never refuses; answers false when the next message should wait for {@link onDrain}. */
  send(message: FromMaster): boolean;
  /** Calls back each time the link takes messages again. One listener. */
  onDrain(listener: () => void): void;
  /** Ends the session for a reason a person must act on; the agent hears it. */
  refuse(reason: string, what?: 'certificate'): void;
  /** Ends the session for a reason that passes; the agent dials again. */
  drop(reason: string): void;
}
