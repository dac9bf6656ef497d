// Original file: proto/agent.proto

import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from '../../../stowage/agent/v1/PodRef.ts';

export interface ExecRequest {
  'pod'?: (_stowage_agent_v1_PodRef | null);
  'container'?: (string);
  'command'?: (string)[];
  'stdin'?: (boolean);
  'stdout'?: (boolean);
  'stderr'?: (boolean);
  'tty'?: (boolean);
  /**
   * attach to the container's own process instead of running a command
   */
  'attach'?: (boolean);
}

export interface ExecRequest__Output {
  'pod': (_stowage_agent_v1_PodRef__Output | null);
  'container': (string);
  'command': (string)[];
  'stdin': (boolean);
  'stdout': (boolean);
  'stderr': (boolean);
  'tty': (boolean);
  /**
   * attach to the container's own process instead of running a command
   */
  'attach': (boolean);
}
