import type { OpenTunnel, TunnelFrame } from '../../proto/messages.ts';

/** What an API request may ask of a pod's agent. */
export type TunnelRequest = Omit<OpenTunnel, 'id'>;

/** The master's end of a tunnel to an agent, with back-pressure both ways. */
export interface AgentTunnel {
  /** Resolves once the frame may be followed by another; rejects when the tunnel is gone. */
  write(frame: TunnelFrame): Promise<void>;
  /** Frames from the agent, pulled. The last one is `result`; the iterator throws when the agent goes away before it. */
  [Symbol.asyncIterator](): AsyncIterator<TunnelFrame>;
  close(): void;
}

/** Finds the agent that holds a node's session and opens tunnels through it. */
export interface AgentStreams {
  /** Rejects with `ApiError` 503 when the node has no session, or 504 when its agent does not answer in time. */
  open(nodeName: string, request: TunnelRequest, signal: AbortSignal): Promise<AgentTunnel>;
}
