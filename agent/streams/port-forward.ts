import type { Socket } from 'node:net';
import type { PortForwardRequest } from '../../proto/messages.ts';
import type { ContainerStore } from '../container-store.ts';
import type { Tunnel } from '../transport.ts';
import { connectTo } from './connect.ts';
import { connectInside } from './connect-inside.ts';
import { finish, refuse, writePieces } from './frames.ts';

/**
 * One TCP connection to a port of a pod, or of this machine where no pod is named, with its bytes in the tunnel: no faster either
 * way than the other side takes. It is over when the port's side has said all.
 */
export async function serveForward(request: PortForwardRequest, tunnel: Tunnel, store: ContainerStore): Promise<void> {
  let socket: Socket;
  try {
    socket = await dial(request, store);
  } catch (error) {
    return refuse(tunnel, (error as Error).message);
  }
  tunnel.gone.addEventListener('abort', () => socket.destroy(), { once: true });
  void feed(socket, tunnel).catch(() => socket.destroy(new Error('the client has left')));
  try {
    for await (const bytes of socket as AsyncIterable<Buffer>) await writePieces(tunnel, 'data', bytes);
    await finish(tunnel);
  } catch (error) {
    await refuse(tunnel, `the connection to port ${request.port} broke: ${(error as Error).message}`);
  } finally {
    socket.destroy();
  }
}

/** Rejects when the client leaves; resolves never before the connection is over. */
async function feed(socket: Socket, tunnel: Tunnel): Promise<void> {
  for await (const { data, end } of tunnel) {
    if (data && data.length > 0) await written(socket, data);
    if (end) socket.end();
  }
  throw new Error('the tunnel has ended');
}

const written = (socket: Socket, data: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve()));
  });

/**
 * A pod's port is reached at the pod's address; what listens on the pod's loopback alone refuses that, and is reached from inside
 * the pod's network.
 */
async function dial({ pod, port }: PortForwardRequest, store: ContainerStore): Promise<Socket> {
  if (!pod) return connectTo('localhost', port);
  const sandbox = store.of(pod.uid).find((one) => one.role === 'sandbox' && one.state === 'running');
  if (!sandbox) throw new Error(`pod ${pod.namespace}/${pod.name} does not run`);
  const { ip, pid } = sandbox;
  if (!ip) return connectTo('localhost', port);
  return connectTo(ip, port).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'ECONNREFUSED' || pid === undefined) throw fault;
    return connectInside(pid, port, fault);
  });
}
