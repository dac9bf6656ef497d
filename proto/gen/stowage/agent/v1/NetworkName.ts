// Original file: proto/agent.proto


export interface NetworkName {
  'kind'?: (string);
  'key'?: (string);
}

export interface NetworkName__Output {
  'kind': (string);
  'key': (string);
}
