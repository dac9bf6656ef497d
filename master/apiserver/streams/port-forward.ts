import { badRequest } from '../../../api/meta/errors.ts';
import type { Clock } from '../../../platform/clock.ts';
import { nameIn, type ResourceCall, type ResourceHandler } from '../context.ts';
import { acceptSpdy, messageChannel, spdyProtocol } from './byte-channel.ts';
import { type ForwardTarget, serveForwarding } from './forwarding.ts';
import { placedPod } from './pod.ts';
import { CHANNELS, portsAskedFor, serveChannels } from './port-channels.ts';
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
  const serve = protocolOf(call, context.clock);
  const signal = AbortSignal.any([call.signal, context.stopping]);
  const target = { streams: context.streams, clock: context.clock, nodeName, pod: ref, signal };
  return { type: 'upgrade', run: (upgrade) => serve(upgrade, target) };
};

type Serve = (upgrade: Upgrade, target: ForwardTarget) => Promise<void>;

/** How the client speaks. Throws 400 when that is not known here. */
function protocolOf({ upgrade, headers, query }: ResourceCall, clock: Clock): Serve {
  if (upgrade === 'websocket') {
    const offered = listed(headers['sec-websocket-protocol']);
    const enter = (accepted: Upgrade, protocol: string) => acceptWebSocket(accepted, protocol, clock);
    if (offered.includes(TUNNELLED)) {
      return async (accepted, target) => serveForwarding(messageChannel(await enter(accepted, TUNNELLED)), target);
    }
    if (offered.includes(CHANNELS)) {
      const ports = portsAskedFor(query);
      return async (accepted, target) => serveChannels(await enter(accepted, CHANNELS), ports, target);
    }
  }
  if (upgrade === 'spdy' && spdyProtocol(headers, PROTOCOL)) {
    return (accepted, target) => serveForwarding(acceptSpdy(accepted, PROTOCOL), target);
  }
  if (!upgrade) throw badRequest('Upgrade request required');
  const known = `the WebSocket protocols ${TUNNELLED} and ${CHANNELS}, or SPDY/3.1 with ${PROTOCOL}`;
  throw badRequest(`ports are forwarded over ${known}`);
}
