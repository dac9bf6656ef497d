import { badRequest } from '../../../api/meta/errors.ts';
import type { AgentTunnel } from '../../agents/streams.ts';
import { type ForwardTarget, MAX_PORT, openPort, relayOutput, sentenceOf } from './forwarding.ts';
import { writeBytes } from './tunnel-bytes.ts';
import type { MessageSocket } from './websocket.ts';

/** What clients other than kubectl speak: Kubernetes' libraries for Python and JavaScript. */
export const CHANNELS = 'v4.channel.k8s.io';
/** Their connections are all made at the beginning. */
const MAX_PORTS = 64;

/** The ports asked for, `ports=80&ports=81` or `ports=80,81`. Throws 400. */
export function portsAskedFor(query: URLSearchParams): number[] {
  const ports = query.getAll('ports').flatMap((each) => each.split(','));
  const wrong = ports.find((port) => !/^[1-9]\d{0,4}$/.test(port) || Number(port) > MAX_PORT);
  if (wrong !== undefined) throw badRequest(`ports: "${wrong}" is not a port; it must be from 1 to ${MAX_PORT}`);
  if (ports.length === 0) throw badRequest(`the protocol ${CHANNELS} needs to know the ports: ?ports=8080`);
  if (ports.length > MAX_PORTS) throw badRequest(`${ports.length} ports are too many for one connection: ${MAX_PORTS}`);
  return ports.map(Number);
}

/**
 * One connection to each port over a plain WebSocket. The first byte of a message names the channel: 2n is the nth port's bytes, 2n+1
 * tells what went wrong with it; the first message of each is the number of the port, two bytes, the lower one first. Resolves when the
 * client has gone; once all connections are over, it is told goodbye. A port that reads slowly holds back the others.
 */
export async function serveChannels(
  socket: MessageSocket,
  ports: readonly number[],
  target: ForwardTarget,
): Promise<void> {
  const connections = ports.map((port, at) => connect(socket, port, 2 * at, target));
  void Promise.all(connections.map(({ over }) => over)).then(() => socket.close());
  try {
    for await (const message of socket.messages) {
      const tunnel = await connections[(message[0] ?? 0) / 2]?.tunnel;
      // One that is over takes no more; the others go on.
      if (tunnel) await writeBytes(tunnel, message.subarray(1)).catch(() => {});
    }
  } finally {
    for (const { tunnel } of connections) void tunnel.then((open) => open?.close());
  }
}

interface Connection {
  /** Undefined where it could not be made. */
  readonly tunnel: Promise<AgentTunnel | undefined>;
  /** Resolves when nothing more comes; never rejects. */
  readonly over: Promise<void>;
}

function connect(socket: MessageSocket, port: number, channel: number, target: ForwardTarget): Connection {
  const send = (to: number, bytes: Uint8Array) => socket.send(Buffer.concat([Buffer.of(to), bytes]));
  const number = Buffer.of(port & 0xff, port >> 8);
  const told = Promise.all([send(channel, number), send(channel + 1, number)]);
  const opening = openPort(target, port);
  const relay = async () => {
    await told;
    const fault = await opening
      .then((tunnel) => relayOutput(tunnel, (bytes) => send(channel, bytes)))
      .catch((reason: Error) => reason.message);
    if (fault) await send(channel + 1, Buffer.from(sentenceOf(target, port, fault)));
  };
  return { tunnel: opening.catch(() => undefined), over: relay().catch(() => {}) };
}
