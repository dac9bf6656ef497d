import { type ServiceError, status } from '@grpc/grpc-js';
import { MasterRefused, MasterUnreachable } from '../transport.ts';

/** Answers that will be the same tomorrow: a person must act. */
const FINAL: ReadonlySet<number> = new Set([status.UNAUTHENTICATED, status.PERMISSION_DENIED, status.UNIMPLEMENTED]);

/** How Node's TLS names a server that the cell's authority did not certify. */
const STRANGER = /self-signed|unable to (verify|get issuer)|altname|signature failure|certificate has expired/i;

/** A gRPC failure in the seam's terms. `address` is the master's HOST:PORT. */
export function masterError(error: ServiceError, address: string): MasterRefused | MasterUnreachable {
  const detail = error.details || error.message;
  if (FINAL.has(error.code)) {
    const certificate = error.code === status.UNAUTHENTICATED;
    return new MasterRefused(`the master at ${address} refused this agent: ${detail}`, { cause: error, certificate });
  }
  if (STRANGER.test(detail)) {
    return new MasterRefused(
      `what answers at ${address} is not this cell's master (${detail}): check the master's address; if the cell was made ` +
        "anew, remove the agent's certificate directory and join with a new token",
      { cause: error },
    );
  }
  return new MasterUnreachable(`the master at ${address} cannot be reached: ${detail}`, { cause: error });
}
