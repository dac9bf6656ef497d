// Original file: proto/agent.proto

import type { ContainerUsage as _stowage_agent_v1_ContainerUsage, ContainerUsage__Output as _stowage_agent_v1_ContainerUsage__Output } from '../../../stowage/agent/v1/ContainerUsage.ts';

export interface PodUsage {
  'uid'?: (string);
  'containers'?: (_stowage_agent_v1_ContainerUsage)[];
}

export interface PodUsage__Output {
  'uid': (string);
  'containers': (_stowage_agent_v1_ContainerUsage__Output)[];
}
