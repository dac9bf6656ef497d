import { loadAgents } from '../../proto/grpc.ts';
import type { FromAgent, FromMaster } from '../../proto/messages.ts';

/** Messages between agents and masters as bytes, by the real protocol: what crosses the network shares no memory with who sent it. */
const { Session } = loadAgents().service;

export const agentBytes = (message: FromAgent): Buffer => Session.requestSerialize(message);
export const agentMessage = (bytes: Buffer): FromAgent => Session.requestDeserialize(bytes);
export const masterBytes = (message: FromMaster): Buffer => Session.responseSerialize(message);
export const masterMessage = (bytes: Buffer): FromMaster => Session.responseDeserialize(bytes);
