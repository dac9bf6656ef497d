// Original file: proto/agent.proto

import type { NodeUsageReport as _stowage_agent_v1_NodeUsageReport, NodeUsageReport__Output as _stowage_agent_v1_NodeUsageReport__Output } from '../../../stowage/agent/v1/NodeUsageReport.ts';

export interface UsageReports {
  'nodes'?: (_stowage_agent_v1_NodeUsageReport)[];
}

export interface UsageReports__Output {
  'nodes': (_stowage_agent_v1_NodeUsageReport__Output)[];
}
