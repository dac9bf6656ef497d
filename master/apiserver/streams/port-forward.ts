import { badRequest } from '../../../api/meta/errors.ts';
import type { Clock } from '../../../platform/clock.ts';
import { nameIn, type ResourceCall, type ResourceHandler } from '../context.ts';
import { acceptSpdy, messageChannel, spdyProtocol } from './byte-channel.ts';
import { serveForwarding } from './forwarding.ts';
import { placedPod } from './pod.ts';
import type { ByteChannel } from './spdy/connection.ts';
import { listed, type Upgrade } from './upgrade.ts';
import { acceptWebSocket } from './websocket.ts';

const PROTOCOL = 'portforward.k8s.io';
/** SPDY's frames within the messages of a WebSocket. */
const TUNNELLED = 'SPDY/3.1+portforward.k8s.io';

/** Connections to ports of a pod, any number of them within this one. */
export const portForward: ResourceHandler = async (context, call) => {
  const { ref, nodeName, pod } = await placedPod(context, call, nameIn(call));
  const phase = pod.status?.phase;
  if (phase !== 'Running') {
    throw badRequest(`unable to forward port because pod is not running. Current status=${phase ?? 'Unknown'}`);
  }
  const enter = protocolOf(call, context.clock);
  const signal = AbortSignal.any([call.signal, context.stopping]);
  const target = { streams: context.streams, clock: context.clock, nodeName, pod: ref, signal };
  return { type: 'upgrade', run: async (upgrade) => serveForwarding(await enter(upgrade), target) };
};

function protocolOf(call: ResourceCall, clock: Clock): (upgrade: Upgrade) => Promise<ByteChannel> {
  const { upgrade, headers } = call;
  if (upgrade === 'websocket' && listed(headers['sec-websocket-protocol']).includes(TUNNELLED)) {
    return async (accepted) => messageChannel(await acceptWebSocket(accepted, TUNNELLED, clock));
  }
  if (upgrade === 'spdy' && spdyProtocol(headers, PROTOCOL)) return async (accepted) => acceptSpdy(accepted, PROTOCOL);
  if (!upgrade) throw badRequest('Upgrade request required');
  throw badRequest(`ports are forwarded over the WebSocket protocol ${TUNNELLED}, or over SPDY/3.1 with ${PROTOCOL}`);
}
