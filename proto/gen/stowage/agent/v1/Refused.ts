// Original file: proto/agent.proto


export interface Refused {
  'reason'?: (string);
}

export interface Refused__Output {
  'reason': (string);
}
