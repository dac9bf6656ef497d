// Original file: proto/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  'cellId'?: (string);
  'masterVersion'?: (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs'?: (number);
  /**
   * The master's clock: wall time, milliseconds since the epoch. 0: it does not tell.
   */
  'nowMs'?: (number | string | Long);
}

export interface Welcome__Output {
  'cellId': (string);
  'masterVersion': (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs': (number);
  /**
   * The master's clock: wall time, milliseconds since the epoch. 0: it does not tell.
   */
  'nowMs': (number);
}
