import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { FromMaster as FromMasterInput } from '../../proto/gen/stowage/agent/v1/FromMaster.ts';
import type { FromAgent } from '../../proto/messages.ts';
import type { AgentLink } from './link.ts';

export type SessionServerCall = ServerDuplexStream<FromAgent, FromMasterInput>;

/** An agent's session over a gRPC call; `sent` hears the name of each message. */
export function sessionLink(call: SessionServerCall, sent: (message: string) => void): AgentLink {
  let over = false;
  return {
    send(message) {
      if (over) return false;
      sent(message.message ?? '');
      return call.write(message);
    },
    onDrain(listener) {
      call.on('drain', listener);
    },
    refuse(reason, what) {
      if (over) return;
      over = true;
      sent('refused');
      call.write({ message: 'refused', refused: { reason, certificate: what === 'certificate' } });
      call.end();
    },
    drop(reason) {
      if (over) return;
      over = true;
      endWithStatus(call, status.UNAVAILABLE, reason);
    },
  };
}

/** Ends a call with an error status: the way in which grpc-js takes one for a stream. */
export function endWithStatus(call: Pick<SessionServerCall, 'emit'>, code: status, details: string): void {
  call.emit('error', Object.assign(new Error(details), { code, details }));
}
