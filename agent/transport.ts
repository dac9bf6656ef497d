import type { FromAgent, FromMaster, Hello, TunnelFrame, Welcome } from '../proto/messages.ts';

/**
 * The AgentTransport seam: how an agent speaks to its master. The gRPC adapter dials out (agent/grpc/); the simulator passes
 * messages through its own network.
 */
export interface AgentTransport {
  /**
   * Dials, says hello, and resolves once welcomed. Rejects with {@link MasterUnreachable} (try again later, with back-off)
   * or {@link MasterRefused} (a person must act; its message says what to do).
   */
  connect(hello: Hello, handlers: SessionHandlers): Promise<Session>;
}

/** Called one at a time, in the order in which the master sent. Must not throw. */
export interface SessionHandlers {
  message(message: FromMaster): void;
  /** The session is over and will say nothing more; connect again. Not called after `close`. */
  lost(reason: Error): void;
}

export interface Session {
  readonly welcome: Welcome;
  /**
   * Queues a message; order is kept. Never blocks. Resolves false when the session is lost before the message was handed to
   * the network; what was sent may still be lost, so state is reported again after a reconnect.
   */
  send(message: FromAgent): boolean;
  /** Opens the stream that an `open_tunnel` asked for. */
  tunnel(id: string): Tunnel;
  close(): void;
}

/** A byte stream to one client of the master, with back-pressure both ways. */
export interface Tunnel {
  /** Resolves once the frame may be followed by another; rejects when the tunnel is gone. */
  write(frame: TunnelFrame): Promise<void>;
  /** Frames from the master, pulled: the other side is held back until the next one is asked for. */
  [Symbol.asyncIterator](): AsyncIterator<TunnelFrame>;
  /** Aborts when the other side has gone, also while nobody pulls: for whoever waits for something else. */
  readonly gone: AbortSignal;
  close(): void;
}

export class MasterUnreachable extends Error {
  override readonly name = 'MasterUnreachable';
}

export class MasterRefused extends Error {
  override readonly name = 'MasterRefused';
  /** The certificate is good no more: a token may get the agent another. */
  readonly certificate: boolean;

  constructor(message: string, options: ErrorOptions & { readonly certificate?: boolean } = {}) {
    super(message, options);
    this.certificate = options.certificate ?? false;
  }
}
