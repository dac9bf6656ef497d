// Original file: proto/agent.proto


export interface Welcome {
  'cellId'?: (string);
  'masterVersion'?: (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs'?: (number);
}

export interface Welcome__Output {
  'cellId': (string);
  'masterVersion': (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs': (number);
}
