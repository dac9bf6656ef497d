// Original file: proto/agent.proto


export interface TunnelResult {
  'ok'?: (boolean);
  /**
   * Exit code of the command where there was one.
   */
  'exitCode'?: (number);
  /**
   * For people, when not ok.
   */
  'message'?: (string);
}

export interface TunnelResult__Output {
  'ok': (boolean);
  /**
   * Exit code of the command where there was one.
   */
  'exitCode': (number);
  /**
   * For people, when not ok.
   */
  'message': (string);
}
