// Original file: proto/agent.proto

import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from '../../../stowage/agent/v1/PodRef.ts';

export interface PortForwardRequest {
  'pod'?: (_stowage_agent_v1_PodRef | null);
  'port'?: (number);
}

export interface PortForwardRequest__Output {
  'pod': (_stowage_agent_v1_PodRef__Output | null);
  'port': (number);
}
