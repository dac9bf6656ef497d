import { badRequest } from '../../../api/meta/errors.ts';
import type { AgentTunnel } from '../../agents/streams.ts';
import type { Answer } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall, type ResourceHandler } from '../context.ts';
import { chooseContainer } from '../log-options.ts';
import { acceptSpdy, spdyProtocol } from './byte-channel.ts';
import { CHANNEL_PROTOCOLS, type ChannelProtocol, channelMessage, type ProcessInput, readInput } from './channels.ts';
import { processOptions, type StreamOptions } from './exec-options.ts';
import { placedPod, requireRunning } from './pod.ts';
import { type ProcessClient, relayProcess } from './process-relay.ts';
import { SPDY_PROCESS_PROTOCOL, spdyClient } from './spdy-process.ts';
import { listed, type Upgrade } from './upgrade.ts';
import { acceptWebSocket, type MessageSocket } from './websocket.ts';

/** Runs a command in a container, its streams in the connection. */
export const exec: ResourceHandler = (context, call) => openProcess(context, call, false);
/** Joins the process of a container. */
export const attach: ResourceHandler = (context, call) => openProcess(context, call, true);

/** Whatever can be wrong is found before the connection changes its protocol, and answered as a Status. */
async function openProcess(context: ApiContext, call: ResourceCall, isAttach: boolean): Promise<Answer> {
  const { pod, ref, nodeName } = await placedPod(context, call, nameIn(call));
  const options = processOptions(call.query, isAttach);
  const container = chooseContainer(pod, call.query.get('container') || undefined);
  requireRunning(pod, container);
  const enter = protocolOf(context, call, options);
  const signal = AbortSignal.any([call.signal, context.stopping]);
  const request = { what: 'exec', exec: { ...options, pod: ref, container, attach: isAttach } } as const;
  const tunnel = await context.streams.open(nodeName, request, signal);
  return { type: 'upgrade', run: (upgrade) => serve(upgrade, enter, tunnel) };
}

type Enter = (upgrade: Upgrade) => Promise<ProcessClient>;

async function serve(upgrade: Upgrade, enter: Enter, tunnel: AgentTunnel): Promise<void> {
  try {
    await relayProcess(await enter(upgrade), tunnel);
  } finally {
    tunnel.close();
  }
}

/** How the client speaks. Throws 400 when that is not known here. */
function protocolOf({ clock }: ApiContext, { upgrade, headers }: ResourceCall, options: StreamOptions): Enter {
  if (upgrade === 'websocket') {
    const offered = listed(headers['sec-websocket-protocol']);
    const protocol = CHANNEL_PROTOCOLS.find((name) => offered.includes(name));
    if (protocol) return async (accepted) => channelClient(await acceptWebSocket(accepted, protocol, clock), protocol);
  }
  if (upgrade === 'spdy' && spdyProtocol(headers, SPDY_PROCESS_PROTOCOL)) {
    return (accepted) => spdyClient(acceptSpdy(accepted, SPDY_PROCESS_PROTOCOL), options, clock);
  }
  if (!upgrade) throw badRequest('Upgrade request required');
  const known = `the WebSocket protocols [${CHANNEL_PROTOCOLS.join(', ')}], or SPDY/3.1 with ${SPDY_PROCESS_PROTOCOL}`;
  throw badRequest(`the streams of a process are carried over ${known}`);
}

function channelClient(socket: MessageSocket, protocol: ChannelProtocol): ProcessClient {
  return {
    input: inputs(socket, protocol),
    write: (stream, data) => socket.send(channelMessage(stream, data)),
    finish: (status) => socket.send(channelMessage('status', Buffer.from(JSON.stringify(status)))),
    close: () => socket.close(),
  };
}

async function* inputs({ messages }: MessageSocket, protocol: ChannelProtocol): AsyncGenerator<ProcessInput> {
  for await (const message of messages) {
    const input = readInput(message, protocol);
    if (input) yield input;
  }
}
