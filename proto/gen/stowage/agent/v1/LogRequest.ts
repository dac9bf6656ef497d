// Original file: proto/agent.proto

import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from '../../../stowage/agent/v1/PodRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface LogRequest {
  'pod'?: (_stowage_agent_v1_PodRef | null);
  'container'?: (string);
  'follow'?: (boolean);
  'previous'?: (boolean);
  'timestamps'?: (boolean);
  'tailLines'?: (number | string | Long);
  /**
   * wall time, milliseconds since the epoch
   */
  'sinceMs'?: (number | string | Long);
  'limitBytes'?: (number | string | Long);
  '_tailLines'?: "tailLines";
  '_sinceMs'?: "sinceMs";
  '_limitBytes'?: "limitBytes";
}

export interface LogRequest__Output {
  'pod': (_stowage_agent_v1_PodRef__Output | null);
  'container': (string);
  'follow': (boolean);
  'previous': (boolean);
  'timestamps': (boolean);
  'tailLines'?: (number);
  /**
   * wall time, milliseconds since the epoch
   */
  'sinceMs'?: (number);
  'limitBytes'?: (number);
  '_tailLines'?: "tailLines";
  '_sinceMs'?: "sinceMs";
  '_limitBytes'?: "limitBytes";
}
