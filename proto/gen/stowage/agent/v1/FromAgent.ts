// Original file: proto/agent.proto

import type { Hello as _stowage_agent_v1_Hello, Hello__Output as _stowage_agent_v1_Hello__Output } from '../../../stowage/agent/v1/Hello.ts';
import type { Heartbeat as _stowage_agent_v1_Heartbeat, Heartbeat__Output as _stowage_agent_v1_Heartbeat__Output } from '../../../stowage/agent/v1/Heartbeat.ts';
import type { NodeReport as _stowage_agent_v1_NodeReport, NodeReport__Output as _stowage_agent_v1_NodeReport__Output } from '../../../stowage/agent/v1/NodeReport.ts';
import type { PodReports as _stowage_agent_v1_PodReports, PodReports__Output as _stowage_agent_v1_PodReports__Output } from '../../../stowage/agent/v1/PodReports.ts';
import type { EventReport as _stowage_agent_v1_EventReport, EventReport__Output as _stowage_agent_v1_EventReport__Output } from '../../../stowage/agent/v1/EventReport.ts';
import type { PodsGone as _stowage_agent_v1_PodsGone, PodsGone__Output as _stowage_agent_v1_PodsGone__Output } from '../../../stowage/agent/v1/PodsGone.ts';
import type { UsageReport as _stowage_agent_v1_UsageReport, UsageReport__Output as _stowage_agent_v1_UsageReport__Output } from '../../../stowage/agent/v1/UsageReport.ts';
import type { VolumesErased as _stowage_agent_v1_VolumesErased, VolumesErased__Output as _stowage_agent_v1_VolumesErased__Output } from '../../../stowage/agent/v1/VolumesErased.ts';
import type { Goodbye as _stowage_agent_v1_Goodbye, Goodbye__Output as _stowage_agent_v1_Goodbye__Output } from '../../../stowage/agent/v1/Goodbye.ts';

export interface FromAgent {
  /**
   * first, and only once
   */
  'hello'?: (_stowage_agent_v1_Hello | null);
  'heartbeat'?: (_stowage_agent_v1_Heartbeat | null);
  'node'?: (_stowage_agent_v1_NodeReport | null);
  'pods'?: (_stowage_agent_v1_PodReports | null);
  'event'?: (_stowage_agent_v1_EventReport | null);
  'gone'?: (_stowage_agent_v1_PodsGone | null);
  'usage'?: (_stowage_agent_v1_UsageReport | null);
  'erased'?: (_stowage_agent_v1_VolumesErased | null);
  /**
   * last: the agent stops on purpose; its pods go on, and it will be back
   */
  'goodbye'?: (_stowage_agent_v1_Goodbye | null);
  'message'?: "hello"|"heartbeat"|"node"|"pods"|"event"|"gone"|"usage"|"erased"|"goodbye";
}

export interface FromAgent__Output {
  /**
   * first, and only once
   */
  'hello'?: (_stowage_agent_v1_Hello__Output | null);
  'heartbeat'?: (_stowage_agent_v1_Heartbeat__Output | null);
  'node'?: (_stowage_agent_v1_NodeReport__Output | null);
  'pods'?: (_stowage_agent_v1_PodReports__Output | null);
  'event'?: (_stowage_agent_v1_EventReport__Output | null);
  'gone'?: (_stowage_agent_v1_PodsGone__Output | null);
  'usage'?: (_stowage_agent_v1_UsageReport__Output | null);
  'erased'?: (_stowage_agent_v1_VolumesErased__Output | null);
  /**
   * last: the agent stops on purpose; its pods go on, and it will be back
   */
  'goodbye'?: (_stowage_agent_v1_Goodbye__Output | null);
  'message'?: "hello"|"heartbeat"|"node"|"pods"|"event"|"gone"|"usage"|"erased"|"goodbye";
}
