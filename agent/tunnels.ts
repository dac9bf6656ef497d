import type { Logger } from '../platform/log.ts';
import type { OpenTunnel } from '../proto/messages.ts';
import type { ContainerStore } from './container-store.ts';
import { serveLogs } from './logs.ts';
import type { ContainerRuntime } from './runtime.ts';
import type { Session, Tunnel } from './transport.ts';

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
    if (request.log) await serveLogs(request.log, tunnel, parts.store, parts.runtime);
    else {
      const message = `this agent does not offer ${request.what ?? 'what was asked'} yet`;
      await tunnel.write({ frame: 'result', result: { ok: false, exitCode: 0, message } });
    }
  } catch (error) {
    parts.log.debug({ err: error, tunnel: request.id }, 'a tunnel ended early');
  } finally {
    tunnel?.close();
  }
}
