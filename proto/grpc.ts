import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';
import type { ProtoGrpcType } from './gen/agent.ts';

/** The `Agents` service: a constructor of clients, and its definition for servers as `.service`. */
export type AgentsService = ProtoGrpcType['stowage']['agent']['v1']['Agents'];

/** The same choices as the `proto` script in package.json makes for the generated types; they must not part. */
const OPTIONS: Options = { longs: Number, enums: String, defaults: true, oneofs: true, keepCase: false };

/** Reads agent.proto, which lies beside this file (in the package too). Each process asks once per end it plays. */
export function loadAgents(): AgentsService {
  const definition = loadSync('agent.proto', { ...OPTIONS, includeDirs: [import.meta.dirname] });
  const agents = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).stowage.agent.v1.Agents;
  const { Session: session } = agents.service;
  session.responseSerialize = sharingNetwork(session.responseSerialize);
  return agents;
}

/** The `Masters` service, likewise. */
export function loadMasters(): ProtoGrpcType['stowage']['agent']['v1']['Masters'] {
  const definition = loadSync('agent.proto', { ...OPTIONS, includeDirs: [import.meta.dirname] });
  return (loadPackageDefinition(definition) as unknown as ProtoGrpcType).stowage.agent.v1.Masters;
}

/** What is told of the network goes to every agent alike: it is written once, for as long as somebody holds on to it. */
function sharingNetwork<T extends { network?: object | null }>(write: (message: T) => Buffer): (message: T) => Buffer {
  const written = new WeakMap<object, Buffer>();
  return (message) => {
    const { network } = message;
    if (!network) return write(message);
    const bytes = written.get(network) ?? write(message);
    written.set(network, bytes);
    return bytes;
  };
}
