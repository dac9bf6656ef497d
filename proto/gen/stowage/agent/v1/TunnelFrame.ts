// Original file: proto/agent.proto

import type { Resize as _stowage_agent_v1_Resize, Resize__Output as _stowage_agent_v1_Resize__Output } from '../../../stowage/agent/v1/Resize.ts';
import type { TunnelResult as _stowage_agent_v1_TunnelResult, TunnelResult__Output as _stowage_agent_v1_TunnelResult__Output } from '../../../stowage/agent/v1/TunnelResult.ts';
import type { RelayRequest as _stowage_agent_v1_RelayRequest, RelayRequest__Output as _stowage_agent_v1_RelayRequest__Output } from '../../../stowage/agent/v1/RelayRequest.ts';

export interface TunnelFrame {
  /**
   * first frame from the agent: the tunnel's id
   */
  'open'?: (string);
  /**
   * log bytes; stdin towards the agent; stdout or port bytes from it
   */
  'data'?: (Buffer | Uint8Array | string);
  'stderr'?: (Buffer | Uint8Array | string);
  'resize'?: (_stowage_agent_v1_Resize | null);
  /**
   * half-close: no more data this way
   */
  'end'?: (boolean);
  /**
   * last frame from the agent
   */
  'result'?: (_stowage_agent_v1_TunnelResult | null);
  /**
   * first frame from another master
   */
  'relay'?: (_stowage_agent_v1_RelayRequest | null);
  'frame'?: "open"|"data"|"stderr"|"resize"|"end"|"result"|"relay";
}

export interface TunnelFrame__Output {
  /**
   * first frame from the agent: the tunnel's id
   */
  'open'?: (string);
  /**
   * log bytes; stdin towards the agent; stdout or port bytes from it
   */
  'data'?: (Buffer);
  'stderr'?: (Buffer);
  'resize'?: (_stowage_agent_v1_Resize__Output | null);
  /**
   * half-close: no more data this way
   */
  'end'?: (boolean);
  /**
   * last frame from the agent
   */
  'result'?: (_stowage_agent_v1_TunnelResult__Output | null);
  /**
   * first frame from another master
   */
  'relay'?: (_stowage_agent_v1_RelayRequest__Output | null);
  'frame'?: "open"|"data"|"stderr"|"resize"|"end"|"result"|"relay";
}
