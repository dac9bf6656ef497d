import type { Duplex } from 'node:stream';
import { type ChannelOptions, type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { MasterPlace } from '../../api/coordination/master-leases.ts';
import { timeout, tooManyRequests, unavailable } from '../../api/meta/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { MessageStream } from '../../platform/message-stream.ts';
import type { Identity } from '../../platform/pki.ts';
import { AGENTS_SERVER_NAME, MAX_MESSAGE_BYTES } from '../../proto/enrolment.ts';
import type { MastersClient } from '../../proto/gen/stowage/agent/v1/Masters.ts';
import type { TunnelFrame as TunnelFrameInput } from '../../proto/gen/stowage/agent/v1/TunnelFrame.ts';
import { loadMasters } from '../../proto/grpc.ts';
import type { NodeUsageReport, TunnelFrame } from '../../proto/messages.ts';
import type { AgentTunnel, TunnelRequest } from './streams.ts';

/** How often an idle link is proved alive while tunnels go through it, and how long the proof may take. */
const KEEPALIVE_MS = 10_000;

const USAGE_WITHIN_MS = 3_000;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.ssl_target_name_override': AGENTS_SERVER_NAME,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // It would buffer what a tunnel writes, and so break its back-pressure.
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * Opens tunnels through other masters, to agents whose sessions they hold. Who may have the tunnel has been decided here, where the
 * request came in; the other master knows us by a certificate that only masters have.
 *
 * Owns: one connection per master that was ever asked.
 */
export class RelayClient {
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #service = loadMasters();
  readonly #clients = new Map<string, MastersClient>();

  constructor(identity: Identity, clock: Clock) {
    this.#identity = identity;
    this.#clock = clock;
  }

  /** As `AgentStreams.open` does; 503 also where that master cannot be reached. */
  async open(
    { url }: MasterPlace,
    nodeName: string,
    request: TunnelRequest,
    signal: AbortSignal,
  ): Promise<AgentTunnel> {
    signal.throwIfAborted();
    const call = this.#client(url).relay();
    const tunnel = new RelayedTunnel(
      call,
      `the master at ${url}, which the agent of node ${nodeName} is connected to,`,
    );
    signal.addEventListener('abort', () => tunnel.close(), { once: true });
    await tunnel.opened({ frame: 'relay', relay: { nodeName, tunnel: { ...request, id: '' } } });
    return tunnel;
  }

  /** What the nodes use whose sessions that master holds. Rejects when it does not say in time. */
  usage({ url }: MasterPlace): Promise<NodeUsageReport[]> {
    return new Promise((resolve, reject) => {
      this.#client(url).usage({}, { deadline: this.#clock.now() + USAGE_WITHIN_MS }, (error, answer) => {
        if (error) reject(error);
        else resolve(answer?.nodes ?? []);
      });
    });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(url: string): MastersClient {
    const known = this.#clients.get(url);
    if (known) return known;
    const { caPem, keyPem, certPem } = this.#identity;
    const tls = credentials.createSsl(Buffer.from(caPem), Buffer.from(keyPem), Buffer.from(certPem));
    const { hostname, port } = new URL(url);
    const client = new this.#service(`${hostname}:${port || 443}`, tls, CHANNEL_OPTIONS);
    this.#clients.set(url, client);
    return client;
  }
}

/** A tunnel that another master passes on. Owns the call. */
class RelayedTunnel implements AgentTunnel {
  readonly #call: ClientDuplexStream<TunnelFrameInput, TunnelFrame>;
  readonly #stream: MessageStream<TunnelFrame, TunnelFrameInput>;
  readonly #frames: AsyncIterator<TunnelFrame>;
  readonly #who: string;
  #over = false;

  constructor(call: ClientDuplexStream<TunnelFrameInput, TunnelFrame>, who: string) {
    this.#call = call;
    this.#who = who;
    this.#stream = new MessageStream(call as unknown as Duplex);
    this.#frames = this.#stream[Symbol.asyncIterator]();
  }

  /** Asks, and resolves once the agent has opened its end: the other master then sends an empty frame. */
  async opened(request: TunnelFrameInput): Promise<void> {
    try {
      await this.#stream.write(request);
      const first = await this.#frames.next();
      if (first.done) throw unavailable(`${this.#who} ended the stream before it began`);
    } catch (error) {
      this.close();
      throw this.#apiError(error);
    }
  }

  write(frame: TunnelFrame): Promise<void> {
    return this.#stream.write(frame);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TunnelFrame> {
    while (true) {
      const next = await this.#frames.next().catch((cause: Error) => {
        throw new Error(`${this.#who} went away before the stream was done`, { cause });
      });
      if (next.done) throw new Error(`${this.#who} ended the stream before it was done`);
      if (next.value.result) this.#over = true;
      yield next.value;
      if (next.value.result) return this.#call.end();
    }
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.closeWrites(new Error('the client of the stream has gone'));
    this.#call.cancel();
  }

  #apiError(error: unknown): unknown {
    const { code, details } = error as Partial<ServiceError>;
    if (code === undefined) return error;
    if (code === status.DEADLINE_EXCEEDED) return timeout(details ?? '');
    if (code === status.RESOURCE_EXHAUSTED) return tooManyRequests(details ?? '', 1);
    return unavailable(`${this.#who} did not open the stream: ${details}`);
  }
}
