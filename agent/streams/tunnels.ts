import type { Logger } from '../../platform/log.ts';
import type { OpenTunnel } from '../../proto/messages.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { Session, Tunnel } from '../transport.ts';
import { serveExec } from './exec.ts';
import { refuse } from './frames.ts';
import { serveLogs } from './logs.ts';
import { serveForward } from './port-forward.ts';

export interface TunnelParts {
  readonly store: ContainerStore;
  readonly runtime: ContainerRuntime;
  readonly log: Logger;
}

/** Opens the tunnel that the master asked for and serves it to its end. Never rejects. */
export async function serveTunnel(request: OpenTunnel, session: Session, parts: TunnelParts): Promise<void> {
  let tunnel: Tunnel | undefined;
  try {
    tunnel = session.tunnel(request.id);
    await serve(request, tunnel, parts);
  } catch (error) {
    parts.log.debug({ err: error, tunnel: request.id }, 'a tunnel ended early');
  } finally {
    tunnel?.close();
  }
}

function serve(request: OpenTunnel, tunnel: Tunnel, { store, runtime }: TunnelParts): Promise<void> {
  if (request.log) return serveLogs(request.log, tunnel, store, runtime);
  if (request.exec) return serveExec(request.exec, tunnel, store, runtime);
  if (request.portForward) return serveForward(request.portForward, tunnel, store);
  return refuse(tunnel, `this agent does not offer ${request.what ?? 'what was asked'}`);
}
