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
  return (loadPackageDefinition(definition) as unknown as ProtoGrpcType).stowage.agent.v1.Agents;
}
