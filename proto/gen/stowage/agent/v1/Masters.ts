// Original file: proto/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { TunnelFrame as _stowage_agent_v1_TunnelFrame, TunnelFrame__Output as _stowage_agent_v1_TunnelFrame__Output } from '../../../stowage/agent/v1/TunnelFrame.ts';
import type { UsageQuery as _stowage_agent_v1_UsageQuery, UsageQuery__Output as _stowage_agent_v1_UsageQuery__Output } from '../../../stowage/agent/v1/UsageQuery.ts';
import type { UsageReports as _stowage_agent_v1_UsageReports, UsageReports__Output as _stowage_agent_v1_UsageReports__Output } from '../../../stowage/agent/v1/UsageReports.ts';

/**
 * From master to master, by the certificate that only masters have.
 */
export interface MastersClient extends grpc.Client {
  /**
   * A tunnel to a node's agent whose session the callee holds. The first frame says which; from then on frames go as if the caller
   * held the session. What Agents.Session would answer with, had it no such agent, is the status of the call.
   */
  Relay(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  Relay(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  /**
   * A tunnel to a node's agent whose session the callee holds. The first frame says which; from then on frames go as if the caller
   * held the session. What Agents.Session would answer with, had it no such agent, is the status of the call.
   */
  relay(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  relay(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  
  /**
   * The newest report of each node whose session the callee holds.
   */
  Usage(argument: _stowage_agent_v1_UsageQuery, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  Usage(argument: _stowage_agent_v1_UsageQuery, metadata: grpc.Metadata, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  Usage(argument: _stowage_agent_v1_UsageQuery, options: grpc.CallOptions, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  Usage(argument: _stowage_agent_v1_UsageQuery, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  /**
   * The newest report of each node whose session the callee holds.
   */
  usage(argument: _stowage_agent_v1_UsageQuery, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  usage(argument: _stowage_agent_v1_UsageQuery, metadata: grpc.Metadata, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  usage(argument: _stowage_agent_v1_UsageQuery, options: grpc.CallOptions, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  usage(argument: _stowage_agent_v1_UsageQuery, callback: grpc.requestCallback<_stowage_agent_v1_UsageReports__Output>): grpc.ClientUnaryCall;
  
}

/**
 * From master to master, by the certificate that only masters have.
 */
export interface MastersHandlers extends grpc.UntypedServiceImplementation {
  /**
   * A tunnel to a node's agent whose session the callee holds. The first frame says which; from then on frames go as if the caller
   * held the session. What Agents.Session would answer with, had it no such agent, is the status of the call.
   */
  Relay: grpc.handleBidiStreamingCall<_stowage_agent_v1_TunnelFrame__Output, _stowage_agent_v1_TunnelFrame>;
  
  /**
   * The newest report of each node whose session the callee holds.
   */
  Usage: grpc.handleUnaryCall<_stowage_agent_v1_UsageQuery__Output, _stowage_agent_v1_UsageReports>;
  
}

export interface MastersDefinition extends grpc.ServiceDefinition {
  Relay: MethodDefinition<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output, _stowage_agent_v1_TunnelFrame__Output>
  Usage: MethodDefinition<_stowage_agent_v1_UsageQuery, _stowage_agent_v1_UsageReports, _stowage_agent_v1_UsageQuery__Output, _stowage_agent_v1_UsageReports__Output>
}
