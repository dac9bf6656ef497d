import type { TLSSocket } from 'node:tls';
import { type ConnectionInjector, Server, ServerCredentials, type ServerOptions, status } from '@grpc/grpc-js';
import { unavailable } from '../../api/meta/errors.ts';
import type { Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { Counter, Gauge } from '../../platform/metrics.ts';
import { issuedMsOf } from '../../platform/pki.ts';
import { MAX_MESSAGE_BYTES } from '../../proto/enrolment.ts';
import type { AgentsHandlers } from '../../proto/gen/stowage/agent/v1/Agents.ts';
import type { MastersHandlers } from '../../proto/gen/stowage/agent/v1/Masters.ts';
import { loadAgents, loadMasters } from '../../proto/grpc.ts';
import type { FromAgent } from '../../proto/messages.ts';
import type { MasterContext } from '../context.ts';
import type { NetworkSettings } from '../network-settings.ts';
import { AssignmentRouter } from './assignment-router.ts';
import { Gathering } from './gathering.ts';
import { isMaster, nodeOf } from './identity.ts';
import { NetworkFeeds } from './network-feeds.ts';
import type { OtherMasters } from './other-masters.ts';
import { type RelayServerCall, relay } from './relay-call.ts';
import type { RevokedNodes } from './revoked-nodes.ts';
import { AgentSession } from './session.ts';
import { endWithStatus, type SessionServerCall, sessionLink } from './session-call.ts';
import { SharedUsage } from './shared-usage.ts';
import type { AgentStreams, AgentTunnel, TunnelRequest } from './streams.ts';
import { TunnelCall, type TunnelServerCall } from './tunnel-call.ts';
import { Tunnels } from './tunnels.ts';
import { UsageBook, type UsageReader } from './usage.ts';

export interface AgentServerOptions extends MasterContext {
  readonly cellId: string;
  readonly version: string;
  /** How often agents are to say that they live. */
  readonly heartbeatMs: number;
  /** Absent: the cell has no network of its own. */
  readonly network?: NetworkSettings;
  /** Which nodes' certificates are good no more. Default: none. */
  readonly revoked?: Pick<RevokedNodes, 'isRevoked'>;
  /** Absent: this is the cell's only master. */
  readonly others?: OtherMasters;
}

export interface AgentServer extends Service, AgentStreams {
  readonly usage: UsageReader;
  /** Takes a connection whose TLS handshake (with a request for the client's certificate) is done, and owns it from here on. */
  accept(socket: TLSSocket): void;
}

/**
 * How often a link is proved alive from this side, and how long the proof may take: so a machine that has gone without a word is known
 * to have, long before its Lease runs out. It is answered below the agent's program, which need not wake for it. A proof that must
 * come sooner would be missed while this master itself is busy, with thousands of agents that come back at once: it would send them
 * away again, and be busier still.
 */
const KEEPALIVE_MS = 3_000;
const KEEPALIVE_TIMEOUT_MS = 6_000;
/** How long an agent whose session was lost may take to come back, to this master or another, before its node counts as lost. */
const RETURN_MS = 2_500;

/** Little beside the time after which a silent node counts as lost, and enough for many nodes' Leases to be one write of the store. */
const RENEWALS_GATHER_MS = 250;

const SERVER_OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.enable_channelz': 0,
};

type UsageHandler = Parameters<MastersHandlers['Usage']>;
type UsageServerCall = UsageHandler[0];
type UsageAnswer = UsageHandler[1];

const NO_CERTIFICATE =
  "the agent's certificate is not one that this cell gave to a node: remove the agent's certificate directory and join again";

/** The master's side of all agents: sessions by node, assignments out, reports in, tunnels. Listens on no port of its own. */
export function createAgentServer(options: AgentServerOptions): AgentServer {
  return new GrpcAgentServer(options);
}

/** Owns the gRPC server, the sessions (at most one greeted per node), the router, the tunnels that wait, and what agents measured. */
class GrpcAgentServer implements AgentServer {
  readonly usage: UsageReader;
  readonly #usage = new UsageBook();
  readonly #options: AgentServerOptions;
  readonly #router: AssignmentRouter;
  readonly #tunnels: Tunnels;
  readonly #renewals: Gathering;
  readonly #network: NetworkFeeds | undefined;
  readonly #sessions = new Map<string, AgentSession>();
  /** Every session whose call has not ended, greeted or not. */
  readonly #live = new Set<AgentSession>();
  /** For agents whose sessions were lost a moment ago. */
  readonly #returns = new Set<Timer>();
  readonly #connected: Gauge;
  readonly #messages: Counter<'direction' | 'type'>;
  #server: Server | undefined;
  #injector: ConnectionInjector | undefined;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.usage = options.others ? new SharedUsage(this.#usage, options.others, options.clock) : this.#usage;
    this.#router = new AssignmentRouter(options.cache);
    this.#tunnels = new Tunnels(options.clock, options.rng);
    this.#renewals = new Gathering(options.clock, RENEWALS_GATHER_MS);
    this.#network = options.network && new NetworkFeeds(options.network, options.cache, options.clock);
    const registers = [options.metrics];
    this.#connected = new Gauge({ name: 'stowage_agents_connected', help: 'Agents that have a session.', registers });
    this.#messages = new Counter({
      name: 'stowage_agent_messages_total',
      help: 'Messages exchanged with agents.',
      labelNames: ['direction', 'type'],
      registers,
    });
  }

  async start(): Promise<void> {
    const handlers: AgentsHandlers = {
      Session: (call) => this.#session(call),
      Tunnel: (call) => void this.#tunnel(call),
    };
    this.#server = new Server(SERVER_OPTIONS);
    this.#server.addService(loadAgents().service, handlers);
    const relays: MastersHandlers = {
      Relay: (call) => this.#relay(call),
      Usage: (call, answer) => this.#tellUsage(call, answer),
    };
    if (this.#options.others) this.#server.addService(loadMasters().service, relays);
    // TLS ends before a socket gets here, so gRPC itself is told of none.
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#router.start();
    this.#network?.start();
  }

  async stop(): Promise<void> {
    for (const session of this.#live) session.drop('the master is stopping');
    for (const timer of this.#returns) timer.cancel();
    this.#returns.clear();
    this.#router.stop();
    this.#network?.stop();
    this.#options.others?.close();
    this.#injector?.destroy();
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#injector = undefined;
  }

  accept(socket: TLSSocket): void {
    socket.setNoDelay(true);
    if (this.#injector) this.#injector.injectConnection(socket);
    else socket.destroy();
  }

  async open(nodeName: string, request: TunnelRequest, signal: AbortSignal): Promise<AgentTunnel> {
    const session = this.#sessions.get(nodeName);
    if (session?.open) return this.#tunnels.open(session, request, signal);
    const elsewhere = await this.#options.others?.open(nodeName, request, signal);
    return elsewhere ?? this.#openHere(nodeName, request, signal);
  }

  async #openHere(nodeName: string, request: TunnelRequest, signal: AbortSignal): Promise<AgentTunnel> {
    const session = this.#sessions.get(nodeName);
    if (!session?.open) throw unavailable(`the agent of node ${nodeName} is not connected`);
    return this.#tunnels.open(session, request, signal);
  }

  /** Another master asks for a tunnel to an agent of ours; what it asks is not passed on any further. */
  #relay(call: RelayServerCall): void {
    if (isMaster(call.getAuthContext().sslPeerCertificate)) void relay(call, (...asked) => this.#openHere(...asked));
    else endWithStatus(call, status.UNAUTHENTICATED, 'streams are passed on between masters of one cell only');
  }

  #tellUsage(call: UsageServerCall, answer: UsageAnswer): void {
    if (isMaster(call.getAuthContext().sslPeerCertificate)) answer(null, { nodes: this.#usage.reports() });
    else answer({ code: status.UNAUTHENTICATED, details: 'masters of the cell alone are told' });
  }

  #session(call: SessionServerCall): void {
    const certificate = call.getAuthContext().sslPeerCertificate;
    const nodeName = nodeOf(certificate);
    if (!nodeName) {
      endWithStatus(call, status.UNAUTHENTICATED, NO_CERTIFICATE);
      return;
    }
    const { cellId, version, heartbeatMs, revoked } = this.#options;
    const session = new AgentSession({
      context: this.#options,
      router: this.#router,
      link: sessionLink(call, (type) => this.#messages.inc({ direction: 'out', type })),
      nodeName,
      cellId,
      version,
      heartbeatMs,
      renewals: this.#renewals,
      network: this.#network,
      isRevoked: () => revoked?.isRevoked(nodeName, issuedMsOf(certificate?.valid_from ?? '')) ?? false,
      ledger: this.#options.others?.ledger,
      masters: () => this.#options.others?.urls ?? [],
      measured: (report) => this.#usage.report(nodeName, report),
      greeted: (greeted) => this.#greeted(greeted),
    });
    this.#live.add(session);
    call.on('data', (message: FromAgent) => {
      this.#messages.inc({ direction: 'in', type: message.message ?? 'unknown' });
      session.receive(message);
    });
    const over = () => this.#over(session, call);
    for (const event of ['end', 'error', 'cancelled', 'close']) call.once(event, over);
  }

  /** A node has one session: the newest. */
  #greeted(session: AgentSession): void {
    this.#sessions.get(session.nodeName)?.replace();
    this.#sessions.set(session.nodeName, session);
    this.#connected.set(this.#sessions.size);
  }

  #over(session: AgentSession, call: SessionServerCall): void {
    // One that was to end has ended before.
    const wasLost = session.open;
    session.end('lost');
    call.end();
    if (!this.#live.delete(session)) return;
    if (this.#sessions.get(session.nodeName) !== session) return;
    this.#sessions.delete(session.nodeName);
    this.#usage.forget(session.nodeName);
    this.#connected.set(this.#sessions.size);
    this.#tunnels.sessionLost(session.nodeName);
    // What becomes of the node is the node controller's decision: it watches the Lease.
    if (wasLost) this.#awaitReturn(session);
    this.#options.log.info({ node: session.nodeName }, "an agent's session ended");
  }

  #awaitReturn(session: AgentSession): void {
    const timer = this.#options.clock.setTimer(RETURN_MS, () => {
      this.#returns.delete(timer);
      if (!this.#sessions.has(session.nodeName)) void session.giveUp();
    });
    this.#returns.add(timer);
  }

  async #tunnel(call: TunnelServerCall): Promise<void> {
    const nodeName = nodeOf(call.getAuthContext().sslPeerCertificate);
    const tunnel = new TunnelCall(call, nodeName ?? 'unknown');
    if (!nodeName) return tunnel.refuse(status.UNAUTHENTICATED, NO_CERTIFICATE);
    const id = await tunnel.readOpen().catch(() => undefined);
    tunnel.onClose(() => id && this.#sessions.get(nodeName)?.closeTunnel(id));
    if (id && this.#tunnels.arrived(id, nodeName, tunnel)) return;
    tunnel.refuse(status.NOT_FOUND, 'nobody waits for this stream: its client has gone, or it took too long to open');
  }
}
