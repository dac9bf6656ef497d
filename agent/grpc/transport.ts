import { type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { Clock } from '../../platform/clock.ts';
import type { Identity } from '../../platform/pki.ts';
import { AGENTS_SERVER_NAME, MAX_MESSAGE_BYTES } from '../../proto/enrolment.ts';
import type { AgentsClient } from '../../proto/gen/stowage/agent/v1/Agents.ts';
import { type AgentsService, loadAgents } from '../../proto/grpc.ts';
import type { Hello } from '../../proto/messages.ts';
import type { AgentTransport, SessionHandlers } from '../transport.ts';
import { GrpcSession } from './session.ts';

export interface GrpcTransportOptions {
  /** `https://HOST:PORT` of the master. */
  readonly masterUrl: string;
  /** Asked at each dial, so that a renewed certificate is used from the next session on. */
  readonly identity: () => Identity;
  readonly clock: Clock;
}

/** How often an idle link is proved alive, and how long the proof may take. A dead link is known after their sum. */
const KEEPALIVE_MS = 10_000;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.ssl_target_name_override': AGENTS_SERVER_NAME,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // A retry would buffer what a tunnel writes, and so break its back-pressure; sessions are dialled again by their owner.
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * Speaks to the master over gRPC: one TLS connection per session, verified against the cell's authority alone and the name only
 * the master's certificate carries, so that the host name in the URL may be anything that leads there.
 */
export function grpcTransport(options: GrpcTransportOptions): AgentTransport {
  const service = loadAgents();
  const address = new URL(options.masterUrl).host;
  return {
    connect(hello: Hello, handlers: SessionHandlers) {
      const client = dial(service, address, options.identity());
      return new GrpcSession({ client, address, clock: options.clock, handlers }).open(hello);
    },
  };
}

function dial(service: AgentsService, address: string, identity: Identity): AgentsClient {
  const tls = credentials.createSsl(
    Buffer.from(identity.caPem),
    Buffer.from(identity.keyPem),
    Buffer.from(identity.certPem),
  );
  return new service(withPort(address), tls, CHANNEL_OPTIONS);
}

/** URLs drop the scheme's own port, gRPC wants one. */
const withPort = (host: string) => (/:\d+$/.test(host) ? host : `${host}:443`);
