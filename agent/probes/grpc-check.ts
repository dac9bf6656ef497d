import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by number. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

const OPTIONS = {
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * Asks the health service (gRPC, "GRPC Health Checking Protocol") at `address`, without TLS, about `service` (empty: the whole
 * server), and gives its serving status. Rejects with a sentence when it cannot be asked, or with the reason of `signal`.
 */
export async function grpcCheck(
  address: string,
  service: string,
  agentName: string,
  signal: AbortSignal,
): Promise<string> {
  const client = new Client(address, credentials.createInsecure(), {
    ...OPTIONS,
    'grpc.primary_user_agent': agentName,
  });
  const answer = Promise.withResolvers<string>();
  const path = '/grpc.health.v1.Health/Check';
  const call = client.makeUnaryRequest(path, encode, decode, service, new Metadata(), (error, found) => {
    if (error) answer.reject(signal.aborted ? signal.reason : new Error(sentence(error)));
    else answer.resolve(found ?? 'UNKNOWN');
  });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener('abort', cancel);
    client.close();
  }
}

function sentence({ code, details }: ServiceError): string {
  if (code === status.UNIMPLEMENTED)
    return 'this server does not implement the grpc health protocol (grpc.health.v1.Health)';
  return details;
}

/** `HealthCheckRequest { string service = 1; }` (Protocol Buffers, "Encoding"). */
function encode(service: string): Buffer {
  const text = Buffer.from(service);
  return text.length === 0 ? text : Buffer.concat([Buffer.from([0x0a, ...varint(text.length)]), text]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; a field that is not there has its default, 0. */
function decode(message: Buffer): string {
  const number = message[0] === 0x08 ? message[1] : 0;
  return SERVING_STATUS[number ?? 0] ?? 'UNKNOWN';
}
