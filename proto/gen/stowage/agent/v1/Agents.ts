// Original file: proto/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FromAgent as _stowage_agent_v1_FromAgent, FromAgent__Output as _stowage_agent_v1_FromAgent__Output } from '../../../stowage/agent/v1/FromAgent.ts';
import type { FromMaster as _stowage_agent_v1_FromMaster, FromMaster__Output as _stowage_agent_v1_FromMaster__Output } from '../../../stowage/agent/v1/FromMaster.ts';
import type { TunnelFrame as _stowage_agent_v1_TunnelFrame, TunnelFrame__Output as _stowage_agent_v1_TunnelFrame__Output } from '../../../stowage/agent/v1/TunnelFrame.ts';

export interface AgentsClient extends grpc.Client {
  /**
   * One per agent, for as long as it is connected. A second session of the same node ends the first.
   */
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromMaster__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromMaster__Output>;
  /**
   * One per agent, for as long as it is connected. A second session of the same node ends the first.
   */
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromMaster__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromMaster__Output>;
  
  /**
   * One per log, exec, attach or port-forward. The agent opens it after FromMaster.open_tunnel and names the tunnel in the
   * first frame. HTTP/2 flow control is the back-pressure: neither side reads ahead of the one that drains it.
   */
  Tunnel(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  Tunnel(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  /**
   * One per log, exec, attach or port-forward. The agent opens it after FromMaster.open_tunnel and names the tunnel in the
   * first frame. HTTP/2 flow control is the back-pressure: neither side reads ahead of the one that drains it.
   */
  tunnel(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  tunnel(options?: grpc.CallOptions): grpc.ClientDuplexStream<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>;
  
}

export interface AgentsHandlers extends grpc.UntypedServiceImplementation {
  /**
   * One per agent, for as long as it is connected. A second session of the same node ends the first.
   */
  Session: grpc.handleBidiStreamingCall<_stowage_agent_v1_FromAgent__Output, _stowage_agent_v1_FromMaster>;
  
  /**
   * One per log, exec, attach or port-forward. The agent opens it after FromMaster.open_tunnel and names the tunnel in the
   * first frame. HTTP/2 flow control is the back-pressure: neither side reads ahead of the one that drains it.
   */
  Tunnel: grpc.handleBidiStreamingCall<_stowage_agent_v1_TunnelFrame__Output, _stowage_agent_v1_TunnelFrame>;
  
}

export interface AgentsDefinition extends grpc.ServiceDefinition {
  Session: MethodDefinition<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromMaster, _stowage_agent_v1_FromAgent__Output, _stowage_agent_v1_FromMaster__Output>
  Tunnel: MethodDefinition<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output, _stowage_agent_v1_TunnelFrame__Output>
}
