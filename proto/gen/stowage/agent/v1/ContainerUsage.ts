// Original file: proto/agent.proto

import type { MeasuredUsage as _stowage_agent_v1_MeasuredUsage, MeasuredUsage__Output as _stowage_agent_v1_MeasuredUsage__Output } from '../../../stowage/agent/v1/MeasuredUsage.ts';

export interface ContainerUsage {
  'name'?: (string);
  'usage'?: (_stowage_agent_v1_MeasuredUsage | null);
}

export interface ContainerUsage__Output {
  'name': (string);
  'usage': (_stowage_agent_v1_MeasuredUsage__Output | null);
}
