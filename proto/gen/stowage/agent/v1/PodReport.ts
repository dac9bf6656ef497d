// Original file: proto/agent.proto


export interface PodReport {
  'namespace'?: (string);
  'name'?: (string);
  'uid'?: (string);
  /**
   * core/v1 PodStatus as JSON.
   */
  'statusJson'?: (string);
}

export interface PodReport__Output {
  'namespace': (string);
  'name': (string);
  'uid': (string);
  /**
   * core/v1 PodStatus as JSON.
   */
  'statusJson': (string);
}
