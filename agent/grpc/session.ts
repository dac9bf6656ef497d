import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Clock } from '../../platform/clock.ts';
import type { AgentsClient } from '../../proto/gen/stowage/agent/v1/Agents.ts';
import type { FromAgent as FromAgentInput } from '../../proto/gen/stowage/agent/v1/FromAgent.ts';
import type { FromAgent, FromMaster, Hello, Welcome } from '../../proto/messages.ts';
import { MasterRefused, MasterUnreachable, type Session, type SessionHandlers, type Tunnel } from '../transport.ts';
import { masterError } from './errors.ts';
import { AgentOutbox } from './outbox.ts';
import { GrpcTunnel } from './tunnel.ts';

/** How long a master may take from the first packet to its welcome. */
const WELCOME_TIMEOUT_MS = 20_000;

interface SessionParts {
  readonly client: AgentsClient;
  /** HOST:PORT of the master, for messages to people. */
  readonly address: string;
  readonly clock: Clock;
  readonly handlers: SessionHandlers;
}

/**
 * One dialled connection with its session call. States: opening (until welcome), open, over. Owns the client (and so the
 * connection), the call with its tunnels, and what waits to be sent; `#end` is the one way out of any state.
 */
export class GrpcSession {
  readonly #parts: SessionParts;
  readonly #call: ClientDuplexStream<FromAgentInput, FromMaster>;
  readonly #outbox = new AgentOutbox();
  readonly #tunnels = new Map<string, GrpcTunnel>();
  #state: 'opening' | 'open' | 'over' = 'opening';
  #blocked = false;
  #onEnd: (reason: Error) => void;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#onEnd = (reason) => parts.handlers.lost(reason);
    this.#call = parts.client.session();
  }

  /** Says hello; resolves once welcomed. */
  open(hello: Hello): Promise<Session> {
    const { address, clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const tooLate = () =>
        this.#end(
          new MasterUnreachable(`the master at ${address} did not answer hello within ${WELCOME_TIMEOUT_MS / 1000} s`),
        );
      const timer = clock.setTimer(WELCOME_TIMEOUT_MS, tooLate);
      this.#onEnd = (reason) => {
        timer.cancel();
        reject(reason);
      };
      const welcomed = (welcome: Welcome) => {
        timer.cancel();
        this.#state = 'open';
        this.#onEnd = (reason) => this.#parts.handlers.lost(reason);
        resolve(this.#asSession(welcome));
      };
      this.#listen(welcomed);
      this.#call.write({ message: 'hello', hello });
    });
  }

  #listen(welcomed: (welcome: Welcome) => void): void {
    const { address, handlers } = this.#parts;
    this.#call.on('data', (message: FromMaster) => {
      if (this.#state === 'over') return;
      if (message.refused) {
        const { reason, certificate } = message.refused;
        this.#end(new MasterRefused(`the master at ${address} says: ${reason}`, { certificate }));
      } else if (message.closeTunnel)
        this.#tunnels.get(message.closeTunnel.id)?.abort(new Error('the client has gone'));
      else if (this.#state === 'open') handlers.message(message);
      else if (message.welcome) welcomed(message.welcome);
      else this.#end(new MasterUnreachable(`the master at ${address} sent ${message.message} before its welcome`));
    });
    this.#call.on('drain', () => this.#flush());
    this.#call.on('error', (error: ServiceError) => this.#end(masterError(error, address)));
    this.#call.on('end', () => this.#end(new MasterUnreachable(`the master at ${address} ended the session`)));
  }

  #asSession(welcome: Welcome): Session {
    return {
      welcome,
      send: (message) => this.#send(message),
      tunnel: (id) => this.#tunnel(id),
      close: () => {
        this.#onEnd = () => {};
        this.#end(new MasterUnreachable('the session was closed by this agent'), 'on purpose');
      },
    };
  }

  #send(message: FromAgent): boolean {
    if (this.#state !== 'open') return false;
    // Whatever is held must go first, or an older state would overtake a newer one.
    if (this.#blocked) this.#outbox.put(message);
    else this.#blocked = !this.#call.write(message);
    return true;
  }

  #flush(): void {
    this.#blocked = false;
    if (this.#state !== 'open' || this.#outbox.empty) return;
    for (const message of this.#outbox.take()) {
      if (this.#blocked) this.#outbox.put(message);
      else this.#blocked = !this.#call.write(message);
    }
  }

  #tunnel(id: string): Tunnel {
    if (this.#state !== 'open') throw new MasterUnreachable('the session is over: no tunnel can be opened through it');
    const call = this.#parts.client.tunnel();
    const tunnel = new GrpcTunnel(call, id);
    this.#tunnels.set(id, tunnel);
    call.on('status', () => this.#tunnels.delete(id));
    return tunnel;
  }

  #end(reason: Error, why?: 'on purpose'): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    // Said, so that it is not taken for a loss. gRPC reports a cancellation as an error of the call: nobody needs to hear of it.
    if (why === 'on purpose') this.#call.end({ message: 'goodbye', goodbye: {} });
    else this.#call.cancel();
    for (const tunnel of this.#tunnels.values()) tunnel.abort(reason);
    this.#parts.client.close();
    this.#onEnd(reason);
  }
}
