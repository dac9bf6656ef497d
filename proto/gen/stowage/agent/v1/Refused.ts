// Original file: proto/agent.proto


export interface Refused {
  'reason'?: (string);
  /**
   * The agent's certificate is good no more: a token may get it another.
   */
  'certificate'?: (boolean);
}

export interface Refused__Output {
  'reason': (string);
  /**
   * The agent's certificate is good no more: a token may get it another.
   */
  'certificate': (boolean);
}
