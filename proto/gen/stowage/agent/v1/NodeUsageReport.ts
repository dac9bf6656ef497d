// Original file: proto/agent.proto

import type { UsageReport as _stowage_agent_v1_UsageReport, UsageReport__Output as _stowage_agent_v1_UsageReport__Output } from '../../../stowage/agent/v1/UsageReport.ts';

export interface NodeUsageReport {
  'nodeName'?: (string);
  'report'?: (_stowage_agent_v1_UsageReport | null);
}

export interface NodeUsageReport__Output {
  'nodeName': (string);
  'report': (_stowage_agent_v1_UsageReport__Output | null);
}
