// Original file: proto/agent.proto


export interface Resize {
  'width'?: (number);
  'height'?: (number);
}

export interface Resize__Output {
  'width': (number);
  'height': (number);
}
