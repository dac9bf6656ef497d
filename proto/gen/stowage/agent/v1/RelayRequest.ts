// Original file: proto/agent.proto

import type { OpenTunnel as _stowage_agent_v1_OpenTunnel, OpenTunnel__Output as _stowage_agent_v1_OpenTunnel__Output } from '../../../stowage/agent/v1/OpenTunnel.ts';

export interface RelayRequest {
  'nodeName'?: (string);
  /**
   * Its id is the callee's to give.
   */
  'tunnel'?: (_stowage_agent_v1_OpenTunnel | null);
}

export interface RelayRequest__Output {
  'nodeName': (string);
  /**
   * Its id is the callee's to give.
   */
  'tunnel': (_stowage_agent_v1_OpenTunnel__Output | null);
}
