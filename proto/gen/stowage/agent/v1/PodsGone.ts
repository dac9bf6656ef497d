// Original file: proto/agent.proto

import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from '../../../stowage/agent/v1/PodRef.ts';

/**
 * Pods that were being deleted and whose containers are all gone: the master may now remove the objects.
 */
export interface PodsGone {
  'pods'?: (_stowage_agent_v1_PodRef)[];
}

/**
 * Pods that were being deleted and whose containers are all gone: the master may now remove the objects.
 */
export interface PodsGone__Output {
  'pods': (_stowage_agent_v1_PodRef__Output)[];
}
