import type { Clock } from '../../../platform/clock.ts';
import type { PodRef } from '../../../proto/messages.ts';
import type { AgentStreams, AgentTunnel } from '../../agents/streams.ts';
import { type ByteChannel, SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';
import { endBytes, writeBytes } from './tunnel-bytes.ts';

/** Where forwarded connections go. */
export interface ForwardTarget {
  readonly streams: AgentStreams;
  readonly nodeName: string;
  readonly pod: PodRef;
  readonly clock: Clock;
  /** Ends all of them. */
  readonly signal: AbortSignal;
}

export const MAX_PORT = 65_535;
/** Streams whose partner has not come. */
const MAX_WAITING = 1_000;

/**
 * Port forwarding over SPDY (Kubernetes, "portforward.k8s.io"): for each connection the client opens two streams with the same
 * `requestID`, one for bytes and one on which it is told what went wrong. Resolves when the client has gone.
 */
export function serveForwarding(channel: ByteChannel, target: ForwardTarget): Promise<void> {
  const waiting = new Map<string, SpdyStream>();
  const connection = new SpdyConnection(
    channel,
    (stream) => {
      const { streamtype: type, requestid: requestId } = stream.headers;
      if (!requestId || (type !== 'data' && type !== 'error')) return stream.reset();
      const other = waiting.get(requestId);
      if (!other) {
        if (waiting.size >= MAX_WAITING) return stream.reset();
        waiting.set(requestId, stream);
        return;
      }
      waiting.delete(requestId);
      if (other.headers.streamtype === type) return stream.reset();
      const [data, error] = type === 'data' ? [stream, other] : [other, stream];
      void forward(data, error, target);
    },
    target.clock,
  );
  return connection.run();
}

/** One connection. Never rejects. */
async function forward(data: SpdyStream, error: SpdyStream, target: ForwardTarget): Promise<void> {
  error.drop();
  const fault = await relay(data, target).catch((reason: Error) => reason.message);
  if (fault) await error.write(Buffer.from(sentenceOf(target, data.headers.port, fault))).catch(() => {});
  await data.end();
  data.drop();
  await error.end();
}

export const sentenceOf = ({ pod }: ForwardTarget, port: number | string | undefined, fault: string): string =>
  `error forwarding port ${port} to pod ${pod.name}, uid : ${fault}`;

export const openPort = ({ streams, nodeName, pod, signal }: ForwardTarget, port: number): Promise<AgentTunnel> =>
  streams.open(nodeName, { what: 'portForward', portForward: { pod, port } }, signal);

/** Resolves when the connection is over: with a sentence when it could not be made. */
async function relay(data: SpdyStream, target: ForwardTarget): Promise<string | undefined> {
  const port = Number(data.headers.port);
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) return `"${data.headers.port}" is not a port`;
  const tunnel = await openPort(target, port);
  void relayInput(data, tunnel).catch(() => tunnel.close());
  return relayOutput(
    tunnel,
    (bytes) => data.write(bytes),
    () => data.reset(),
  );
}

/**
 * Hands on what the port says, and closes the tunnel. Resolves when the connection is over, with a sentence when it could not be made;
 * `broken` is called when the agent or the client goes away before.
 */
export async function relayOutput(
  tunnel: AgentTunnel,
  write: (bytes: Buffer) => Promise<void>,
  broken = () => {},
): Promise<string | undefined> {
  let connected = false;
  try {
    for await (const { data: bytes, result } of tunnel) {
      if (bytes && bytes.length > 0) {
        connected = true;
        await write(bytes);
      }
      // Clients take what they are told for a fault of the pod and give up all their connections; one that breaks is just over.
      if (result && !result.ok && !connected) return result.message;
    }
  } catch (reason) {
    broken();
    if (!connected) throw reason;
  } finally {
    tunnel.close();
  }
  return undefined;
}

async function relayInput(data: SpdyStream, tunnel: AgentTunnel): Promise<void> {
  for await (const bytes of data.incoming()) await writeBytes(tunnel, bytes);
  await endBytes(tunnel);
}
