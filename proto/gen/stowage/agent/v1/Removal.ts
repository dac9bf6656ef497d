// Original file: proto/agent.proto


export interface Removal {
  'plural'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'uid'?: (string);
}

export interface Removal__Output {
  'plural': (string);
  'namespace': (string);
  'name': (string);
  'uid': (string);
}
