// Original file: proto/agent.proto

import type { PodReport as _stowage_agent_v1_PodReport, PodReport__Output as _stowage_agent_v1_PodReport__Output } from '../../../stowage/agent/v1/PodReport.ts';

export interface PodReports {
  'reports'?: (_stowage_agent_v1_PodReport)[];
}

export interface PodReports__Output {
  'reports': (_stowage_agent_v1_PodReport__Output)[];
}
