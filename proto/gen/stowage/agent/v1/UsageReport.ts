// Original file: proto/agent.proto

import type { MeasuredUsage as _stowage_agent_v1_MeasuredUsage, MeasuredUsage__Output as _stowage_agent_v1_MeasuredUsage__Output } from '../../../stowage/agent/v1/MeasuredUsage.ts';
import type { PodUsage as _stowage_agent_v1_PodUsage, PodUsage__Output as _stowage_agent_v1_PodUsage__Output } from '../../../stowage/agent/v1/PodUsage.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What the node and its pods used over the time since the last such report, every few seconds. Only the newest counts.
 */
export interface UsageReport {
  /**
   * When it was measured: wall time, milliseconds since the epoch.
   */
  'atMs'?: (number | string | Long);
  /**
   * Absent until it has been measured twice.
   */
  'node'?: (_stowage_agent_v1_MeasuredUsage | null);
  /**
   * Pods of which every running container has been measured twice.
   */
  'pods'?: (_stowage_agent_v1_PodUsage)[];
}

/**
 * What the node and its pods used over the time since the last such report, every few seconds. Only the newest counts.
 */
export interface UsageReport__Output {
  /**
   * When it was measured: wall time, milliseconds since the epoch.
   */
  'atMs': (number);
  /**
   * Absent until it has been measured twice.
   */
  'node': (_stowage_agent_v1_MeasuredUsage__Output | null);
  /**
   * Pods of which every running container has been measured twice.
   */
  'pods': (_stowage_agent_v1_PodUsage__Output)[];
}
