// Original file: proto/agent.proto

import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from '../../../stowage/agent/v1/PodRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface EventReport {
  /**
   * Absent: the event is about the node.
   */
  'pod'?: (_stowage_agent_v1_PodRef | null);
  'type'?: (string);
  'reason'?: (string);
  'message'?: (string);
  /**
   * Container the event is about, or empty.
   */
  'container'?: (string);
  /**
   * How often it has happened since it was last told of, and when first and last: the agent's wall time, milliseconds since the epoch.
   * 0: once, now.
   */
  'count'?: (number);
  'firstMs'?: (number | string | Long);
  'lastMs'?: (number | string | Long);
}

export interface EventReport__Output {
  /**
   * Absent: the event is about the node.
   */
  'pod': (_stowage_agent_v1_PodRef__Output | null);
  'type': (string);
  'reason': (string);
  'message': (string);
  /**
   * Container the event is about, or empty.
   */
  'container': (string);
  /**
   * How often it has happened since it was last told of, and when first and last: the agent's wall time, milliseconds since the epoch.
   * 0: once, now.
   */
  'count': (number);
  'firstMs': (number);
  'lastMs': (number);
}
