import { loadSync } from '@grpc/proto-loader';
import { loadAgents } from '../../proto/grpc.ts';
import type { FromAgent, FromMaster } from '../../proto/messages.ts';

/**
 * What a process knows of the protocol: that of today, or as it first was. The older one writes no field that came later, and passes over
 * those that it is sent, as protobuf has it.
 */
export type Release = 'first' | 'current';

export const RELEASES = ['first', 'current'] as const satisfies readonly Release[];

/** Messages between agents and masters as bytes, by the real protocol: what crosses the network shares no memory with who sent it. */
export interface WireForm {
  agentBytes(message: FromAgent): Buffer;
  agentMessage(bytes: Buffer): FromAgent;
  masterBytes(message: FromMaster): Buffer;
  masterMessage(bytes: Buffer): FromMaster;
}

interface SessionMethod {
  requestSerialize(message: object): Buffer;
  requestDeserialize(bytes: Buffer): object;
  responseSerialize(message: object): Buffer;
  responseDeserialize(bytes: Buffer): object;
}

const formOf = (session: SessionMethod): WireForm => ({
  agentBytes: (message) => session.requestSerialize(message),
  agentMessage: (bytes) => session.requestDeserialize(bytes) as FromAgent,
  masterBytes: (message) => session.responseSerialize(message),
  masterMessage: (bytes) => session.responseDeserialize(bytes) as FromMaster,
});

/** As in proto/grpc.ts. */
const first = loadSync('first-release.proto', {
  ...{ longs: Number, enums: String, defaults: true, oneofs: true, keepCase: false },
  includeDirs: [import.meta.dirname],
})['stowage.agent.v1.Agents'] as unknown as { readonly Session: SessionMethod };

const FORMS: Readonly<Record<Release, WireForm>> = {
  first: formOf(first.Session),
  current: formOf(loadAgents().service.Session),
};

export const wireForm = (release: Release): WireForm => FORMS[release];

/** Messages that a peer of the oldest release never sends. */
const LATER: ReadonlySet<string | undefined> = new Set(['usage', 'erased', 'closeTunnel', 'openTunnel']);

export const knows = (release: Release, message: { readonly message?: string }): boolean =>
  release === 'current' || !LATER.has(message.message);
