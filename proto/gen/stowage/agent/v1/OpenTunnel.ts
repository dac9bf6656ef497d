// Original file: proto/agent.proto

import type { LogRequest as _stowage_agent_v1_LogRequest, LogRequest__Output as _stowage_agent_v1_LogRequest__Output } from '../../../stowage/agent/v1/LogRequest.ts';
import type { ExecRequest as _stowage_agent_v1_ExecRequest, ExecRequest__Output as _stowage_agent_v1_ExecRequest__Output } from '../../../stowage/agent/v1/ExecRequest.ts';
import type { PortForwardRequest as _stowage_agent_v1_PortForwardRequest, PortForwardRequest__Output as _stowage_agent_v1_PortForwardRequest__Output } from '../../../stowage/agent/v1/PortForwardRequest.ts';

export interface OpenTunnel {
  'id'?: (string);
  'log'?: (_stowage_agent_v1_LogRequest | null);
  'exec'?: (_stowage_agent_v1_ExecRequest | null);
  'portForward'?: (_stowage_agent_v1_PortForwardRequest | null);
  'what'?: "log"|"exec"|"portForward";
}

export interface OpenTunnel__Output {
  'id': (string);
  'log'?: (_stowage_agent_v1_LogRequest__Output | null);
  'exec'?: (_stowage_agent_v1_ExecRequest__Output | null);
  'portForward'?: (_stowage_agent_v1_PortForwardRequest__Output | null);
  'what'?: "log"|"exec"|"portForward";
}
