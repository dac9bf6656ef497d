import { timeout, tooManyRequests, unavailable } from '../../api/meta/errors.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { AgentTunnel, TunnelRequest } from './streams.ts';

/** How long an agent may take to answer a request for a tunnel. */
const OPEN_TIMEOUT_MS = 10_000;

interface Awaited {
  readonly nodeName: string;
  arrived(tunnel: AgentTunnel): void;
  failed(reason: Error): void;
}

/** Whoever can ask a node's agent for a tunnel. */
export interface TunnelAsker {
  readonly nodeName: string;
  askTunnel(id: string, request: TunnelRequest): boolean;
}

/**
 * Brings together a request for a tunnel and the stream the agent opens for it. Owns the requests that wait, each for at most
 * {@link OPEN_TIMEOUT_MS}; ids are unguessable, and a stream counts only when it comes from the node that was asked.
 */
export class Tunnels {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #awaited = new Map<string, Awaited>();

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock;
    this.#rng = rng;
  }

  /** See `AgentStreams.open`. The signal ends the tunnel too, should it abort later. */
  open(session: TunnelAsker, request: TunnelRequest, signal: AbortSignal): Promise<AgentTunnel> {
    const { nodeName } = session;
    const id = this.#rng.uuid();
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const settle = () => {
        this.#awaited.delete(id);
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const failed = (reason: Error) => {
        settle();
        reject(reason);
      };
      const onAbort = () => failed(signal.reason);
      const arrived = (tunnel: AgentTunnel) => {
        settle();
        signal.addEventListener('abort', () => tunnel.close(), { once: true });
        resolve(tunnel);
      };
      const timer: Timer = this.#clock.setTimer(OPEN_TIMEOUT_MS, () =>
        failed(timeout(`the agent of node ${nodeName} did not answer within ${OPEN_TIMEOUT_MS / 1000} s`)),
      );
      signal.addEventListener('abort', onAbort, { once: true });
      this.#awaited.set(id, { nodeName, arrived, failed });
      if (!session.askTunnel(id, request)) {
        failed(tooManyRequests(`too many streams are being opened on node ${nodeName}; try again`, 1));
      }
    });
  }

  /** A stream whose first frame named `id` has come from `nodeName`. False when nobody waits for it there. */
  arrived(id: string, nodeName: string, tunnel: AgentTunnel): boolean {
    const awaited = this.#awaited.get(id);
    if (awaited?.nodeName !== nodeName) return false;
    awaited.arrived(tunnel);
    return true;
  }

  /** The node's session is over: no stream will come from it. */
  sessionLost(nodeName: string): void {
    for (const awaited of this.#awaited.values()) {
      if (awaited.nodeName === nodeName) awaited.failed(unavailable(`the agent of node ${nodeName} went away`));
    }
  }
}
